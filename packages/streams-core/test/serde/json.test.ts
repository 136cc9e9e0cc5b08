import { json } from '@millrace/streams-core';
import { describe, expect, test } from 'vitest';
import { z } from 'zod';

const text = (value: string) => Buffer.from(value);

test('json() is JSON, unchecked', () => {
  const serde = json<{ a: number }>();
  expect(Buffer.from(serde.serialize({ a: 1 })).toString()).toBe('{"a":1}');
  expect(serde.deserialize(text('{"b":2}'))).toEqual({ b: 2 });
});

describe('json(schema)', () => {
  const serde = json(z.object({ sku: z.string(), quantity: z.int().default(1) }));

  test('checks what it reads, and fills in defaults, from bytes and from text', () => {
    expect(serde.deserialize(text('{"sku":"a"}'))).toEqual({ sku: 'a', quantity: 1 });
    expect(serde.deserializeText!('{"sku":"a"}')).toEqual({ sku: 'a', quantity: 1 });
  });

  test('refuses what does not fit, naming the field', () => {
    expect(() => serde.deserialize(text('{"sku":7}'))).toThrow(/sku/);
    expect(() => serde.deserialize(text('{'))).toThrow(SyntaxError);
  });
});

test('what JSON has no form for is refused', () => {
  expect(() => json<unknown>().serialize(undefined)).toThrow('JSON has no form for undefined');
  expect(() => json<bigint>().serialize(1n)).toThrow(/BigInt/);
});
