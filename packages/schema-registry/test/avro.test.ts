import { createRequire } from 'node:module';
import { expect, test } from 'vitest';
import { avroSerde } from '../src/index.ts';
import { startRegistry } from './registry-stub.ts';

const confluent = createRequire(import.meta.url)(
  '@confluentinc/schemaregistry',
) as typeof import('@confluentinc/schemaregistry');

const { stub, registry } = await startRegistry();

const orderV1 = {
  type: 'record',
  name: 'Order',
  fields: [
    { name: 'sku', type: 'string' },
    { name: 'quantity', type: 'int' },
  ],
} as const;
const orderV2 = {
  ...orderV1,
  fields: [...orderV1.fields, { name: 'note', type: ['null', 'string'], default: null }],
} as const;

test('bytes are a zero, the id and what Avro says', () => {
  const serde = avroSerde({ registry, subject: 'bytes-value', schema: orderV1 });
  const bytes = serde.serialize({ sku: 'ab', quantity: -2 });
  // The specification's encoding: a length of 2 (zigzag 4), the text, -2 (zigzag 3).
  expect([...bytes.subarray(0, 1), ...bytes.subarray(5)]).toEqual([0, 4, 0x61, 0x62, 3]);
  const id = Buffer.from(bytes).readInt32BE(1);
  expect(JSON.parse(registry.schema('bytes-value', id).schema)).toEqual(orderV1);
  expect(serde.deserialize(bytes)).toEqual({ sku: 'ab', quantity: -2 });
  const many = { sku: 'x'.repeat(5000), quantity: 1 };
  expect(serde.deserialize(serde.serialize(many))).toEqual(many);
  expect(serde.deserialize(serde.serialize({ sku: 'y', quantity: 2 }))).toEqual({ sku: 'y', quantity: 2 });
});

test('what an earlier and a later version wrote is read as this version says, and each is asked for once', async () => {
  const first = avroSerde({ registry, subject: 'evolving-value', schema: orderV1 });
  const second = avroSerde({ registry, subject: 'evolving-value', schema: orderV2 });
  const old = first.serialize({ sku: 'a', quantity: 1 });
  const recent = second.serialize({ sku: 'b', quantity: 2, note: 'soon' });
  await stub.asked();
  for (let time = 0; time < 3; time++) {
    expect(second.deserialize(old)).toEqual({ sku: 'a', quantity: 1, note: null });
    expect(first.deserialize(recent)).toEqual({ sku: 'b', quantity: 2 });
  }
  expect((await stub.asked()).filter((one) => one.startsWith('GET /schemas/ids/'))).toHaveLength(2);
});

test('a schema that the registry refuses is refused here, with its reason', () => {
  avroSerde({ registry, subject: 'strict-value', schema: orderV1 });
  expect(() => avroSerde({ registry, subject: 'strict-value', schema: 'long' })).toThrow(
    /registering a schema of strict-value: .*incompatible.*\(HTTP 409\)/,
  );
});

test('where nothing may be registered, an unknown schema is refused', () => {
  const options = { registry, subject: 'closed-value', schema: orderV1, register: false } as const;
  expect(() => avroSerde(options)).toThrow(/'closed-value' not found.*Register it first/);
  const writer = avroSerde({ ...options, register: true });
  const bytes = avroSerde(options).serialize({ sku: 'a', quantity: 1 });
  expect(writer.deserialize(bytes)).toEqual({ sku: 'a', quantity: 1 });
});

test('bytes that are not in the wire format, cut off, or of an unknown schema are refused by name', () => {
  const serde = avroSerde({ registry, subject: 'wrong-value', schema: orderV1 });
  expect(() => serde.deserialize(Buffer.from('{"sku":1}'))).toThrow(
    /wire format \(first byte 0x7b.*registry\?/,
  );
  expect(() => serde.deserialize(Buffer.of(0, 0))).toThrow(/wire format \(2 bytes/);
  expect(() => serde.deserialize(Buffer.of(0, 0, 0, 0x27, 0x0f, 0))).toThrow(
    /getting schema 9999 \(wrong-value\): .*not found.*404/,
  );
  expect(() => serde.deserialize(serde.serialize({ sku: 'abc', quantity: 1 }).subarray(0, 7))).toThrow();
  expect(() => serde.serialize({ sku: 'a', quantity: 'many' } as never)).toThrow(/quantity|int/);
});

test('a writer whose records cannot be read is refused by both names', () => {
  const reader = avroSerde({ registry, subject: 'reader-value', schema: orderV1 });
  const bytes = avroSerde({ registry, subject: 'other-value', schema: 'string' }).serialize('text');
  expect(() => reader.deserialize(bytes)).toThrow(/reader-value: what schema \d+ writes cannot be read/);
});

test('unions whose members cannot be told apart are refused when the serde is made', () => {
  const schema = ['int', 'double'] as const;
  expect(() => avroSerde({ registry, subject: 'union-value', schema })).toThrow(/union-value: not a schema/);
});

test('named types come from other subjects', () => {
  const address = {
    type: 'record',
    name: 'shop.Address',
    fields: [{ name: 'city', type: 'string' }],
  } as const;
  avroSerde({ registry, subject: 'address', schema: address });
  const schema = {
    type: 'record',
    name: 'shop.Customer',
    fields: [{ name: 'home', type: 'shop.Address' }],
  } as const;
  const references = [{ name: 'shop.Address', subject: 'address', version: 1 }];
  const serde = avroSerde({ registry, subject: 'customer-value', schema, references });
  const value = { home: { city: 'Ulm' } };
  expect(serde.deserialize(serde.serialize(value))).toEqual(value);
  expect(() =>
    avroSerde({ registry, subject: 'lost-value', schema, references: [{ ...references[0]!, version: 7 }] }),
  ).toThrow(/getting version 7 of address: .*404/);
});

test("Confluent's own serdes read it, and it reads what they wrote", async () => {
  const client = new confluent.SchemaRegistryClient({ baseURLs: [stub.url] });
  const first = avroSerde({ registry, subject: 'shared-value', schema: orderV1 });
  const second = avroSerde({ registry, subject: 'shared-value', schema: orderV2 });
  const reader = new confluent.AvroDeserializer(client, confluent.SerdeType.VALUE, {});
  const value = { sku: 'sku-ß', quantity: 2 ** 31 - 1, note: 'n' };
  expect(await reader.deserialize('shared', Buffer.from(second.serialize(value)))).toEqual(value);
  const old = { sku: 'a', quantity: 1 };
  const writer = new confluent.AvroSerializer(client, confluent.SerdeType.VALUE, {
    autoRegisterSchemas: false,
    useSchemaId: Buffer.from(first.serialize(old)).readInt32BE(1),
  });
  expect(second.deserialize(await writer.serialize('shared', old))).toEqual({ ...old, note: null });
});
