import { createRequire } from 'node:module';
import { expect, test } from 'vitest';
import { z } from 'zod';
import { type JsonSchema, jsonSchemaSerde } from '../src/index.ts';
import { startRegistry } from './registry-stub.ts';

const confluent = createRequire(import.meta.url)(
  '@confluentinc/schemaregistry',
) as typeof import('@confluentinc/schemaregistry');

const { stub, registry } = await startRegistry();

const order = {
  $schema: 'http://json-schema.org/draft-07/schema#',
  title: 'Order',
  type: 'object',
  properties: { sku: { type: 'string' }, at: { type: 'string', format: 'date-time' } },
  required: ['sku'],
  additionalProperties: false,
} as const;

test('values are checked when they are written and when they are read', () => {
  const serde = jsonSchemaSerde({ registry, subject: 'orders-value', schema: order });
  const value = { sku: 'a', at: '2026-01-01T00:00:00Z' };
  const bytes = Buffer.from(serde.serialize(value));
  expect([bytes[0], bytes.readInt32BE(1), bytes.toString('utf8', 5)]).toEqual([0, 1, JSON.stringify(value)]);
  expect(serde.deserialize(bytes)).toEqual(value);
  expect(() => serde.serialize({ sku: 'a', at: 'yesterday' })).toThrow(
    /orders-value: value\/at must match format/,
  );
  const wrong = Buffer.concat([bytes.subarray(0, 5), Buffer.from('{"at":"2026-01-01T00:00:00Z"}')]);
  expect(() => serde.deserialize(wrong)).toThrow(/required property 'sku'/);
  expect(() => serde.deserialize(Buffer.from('{}'))).toThrow(/wire format/);
});

test('a zod schema is registered as JSON Schema and checks by itself', () => {
  const schema = z.strictObject({ sku: z.string(), quantity: z.int().positive() });
  const serde = jsonSchemaSerde({ registry, subject: 'zod-value', schema });
  const bytes = Buffer.from(serde.serialize({ sku: 'a', quantity: 1 }));
  expect(JSON.parse(registry.schema('zod-value', bytes.readInt32BE(1)).schema)).toMatchObject({
    type: 'object',
    required: ['sku', 'quantity'],
    properties: { sku: { type: 'string' }, quantity: { type: 'integer' } },
    additionalProperties: false,
  });
  expect(serde.deserialize(bytes)).toEqual({ sku: 'a', quantity: 1 });
  expect(() => serde.serialize({ sku: 'a', quantity: -1 })).toThrow(/quantity/);
});

test.each(['https://json-schema.org/draft/2019-09/schema', 'https://json-schema.org/draft/2020-12/schema'])(
  'newer drafts: %s',
  ($schema) => {
    const schema = {
      $schema,
      type: 'object',
      properties: { a: { type: 'number' } },
      dependentRequired: { a: ['b'] },
    } as const;
    const serde = jsonSchemaSerde({ registry, subject: `draft-${$schema.length}-${$schema}`, schema });
    expect(() => serde.serialize({ a: 1 })).toThrow(/must have property b/);
  },
);

test('schemas that a schema refers to come from other subjects', () => {
  jsonSchemaSerde({ registry, subject: 'money', schema: { type: 'integer', minimum: 0 } });
  const schema: JsonSchema = { type: 'object', properties: { price: { $ref: 'money.json' } } };
  const references = [{ name: 'money.json', subject: 'money', version: 1 }];
  const serde = jsonSchemaSerde({ registry, subject: 'offer-value', schema, references });
  expect(serde.deserialize(serde.serialize({ price: 3 }))).toEqual({ price: 3 });
  expect(() => serde.serialize({ price: -3 })).toThrow(/value\/price must be >= 0/);
});

test("Confluent's own serdes read it, and it reads what they wrote", async () => {
  const client = new confluent.SchemaRegistryClient({ baseURLs: [stub.url] });
  const serde = jsonSchemaSerde({ registry, subject: 'shared-value', schema: order });
  const value = { sku: 'sku-ß', at: '2026-01-01T00:00:00Z' };
  const reader = new confluent.JsonDeserializer(client, confluent.SerdeType.VALUE, {
    validate: true,
    strict: false,
  });
  const bytes = Buffer.from(serde.serialize(value));
  expect(await reader.deserialize('shared', bytes)).toEqual(value);
  const writer = new confluent.JsonSerializer(client, confluent.SerdeType.VALUE, {
    autoRegisterSchemas: false,
    validate: false,
    useSchemaId: bytes.readInt32BE(1),
  });
  expect(serde.deserialize(await writer.serialize('shared', value))).toEqual(value);
});
