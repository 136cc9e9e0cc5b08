import type { Serde } from '@millrace/log-client';
import type { Timestamp, TimestampSchema } from '@bufbuild/protobuf/wkt';
import { expectTypeOf, test } from 'vitest';
import { z } from 'zod';
import { avroSerde, jsonSchemaSerde, type protobufSerde, type SchemaRegistry } from '../src/index.ts';

declare const registry: SchemaRegistry;

test('Avro: the value comes from the schema', () => {
  const serde = avroSerde({
    registry,
    subject: 'orders-value',
    schema: {
      type: 'record',
      name: 'Order',
      fields: [
        { name: 'sku', type: 'string' },
        { name: 'quantity', type: 'int', doc: 'pieces' },
        { name: 'price', type: { type: 'bytes', logicalType: 'decimal', precision: 9 } },
        { name: 'note', type: ['null', 'string'], default: null },
        { name: 'state', type: { type: 'enum', name: 'State', symbols: ['OPEN', 'DONE'] } },
        { name: 'tags', type: { type: 'array', items: 'string' } },
        { name: 'counts', type: { type: 'map', values: 'long' } },
        { name: 'parent', type: 'Order' },
      ],
    },
  });
  expectTypeOf(serde).toEqualTypeOf<
    Serde<{
      sku: string;
      quantity: number;
      price: Buffer;
      note: string | null;
      state: 'OPEN' | 'DONE';
      tags: string[];
      counts: { [key: string]: number };
      parent: unknown;
    }>
  >();
  expectTypeOf(avroSerde({ registry, subject: 'keys', schema: 'string' })).toEqualTypeOf<Serde<string>>();
});

test('JSON Schema: from a literal, from zod', () => {
  const literal = jsonSchemaSerde({
    registry,
    subject: 'orders-value',
    schema: {
      type: 'object',
      properties: { sku: { type: 'string' }, quantity: { type: 'integer' } },
      required: ['sku'],
      additionalProperties: false,
    },
  });
  expectTypeOf<ReturnType<typeof literal.deserialize>>().toEqualTypeOf<{ quantity?: number; sku: string }>();
  const schema = z.object({ sku: z.string(), quantity: z.int().optional() });
  expectTypeOf(jsonSchemaSerde({ registry, subject: 'orders-value', schema })).toEqualTypeOf<
    Serde<{ sku: string; quantity?: number | undefined }>
  >();
});

test('Protobuf: the generated message', () => {
  expectTypeOf<ReturnType<typeof protobufSerde<typeof TimestampSchema>>>().toEqualTypeOf<Serde<Timestamp>>();
});
