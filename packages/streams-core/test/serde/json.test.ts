import { json, SchemaError, type Serde } from '@millrace/streams-core';
import { type } from 'arktype';
import * as v from 'valibot';
import { describe, expect, expectTypeOf, test } from 'vitest';
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

describe('a schema of any library that speaks Standard Schema', () => {
  interface Sale {
    sku: string;
    quantity: number;
  }
  const zod = json(z.object({ sku: z.string(), quantity: z.number() }));
  const valibot = json(v.object({ sku: v.string(), quantity: v.number() }));
  const arktype = json(type({ sku: 'string', quantity: 'number' }));
  const parsing = json({
    parse(value: unknown): Sale {
      const sale = value as Partial<Sale>;
      if (typeof sale.sku !== 'string') throw new TypeError('sku: no text');
      if (typeof sale.quantity !== 'number') throw new TypeError('quantity: no number');
      return sale as Sale;
    },
  });
  expectTypeOf(zod).toEqualTypeOf<Serde<Sale>>();
  expectTypeOf(valibot).toEqualTypeOf<Serde<Sale>>();
  expectTypeOf(arktype).toEqualTypeOf<Serde<Sale>>();
  expectTypeOf(parsing).toEqualTypeOf<Serde<Sale>>();

  test.each<[string, Serde<Sale>]>([
    ['zod', zod],
    ['valibot', valibot],
    ['arktype', arktype],
    ['one with parse', parsing],
  ])('gives the value, and says where one does not fit: %s', (_, serde) => {
    const sale = { sku: 'mug', quantity: 2 };
    expect(serde.deserialize(serde.serialize(sale))).toEqual(sale);
    serde.check!(sale);
    expect(() => serde.deserialize(text('{"sku":"mug","quantity":"2"}'))).toThrow(/^quantity: /);
    expect(() => serde.check!({ quantity: 2 } as Sale)).toThrow(/^sku: /);
  });

  test('tells a few of many issues, in one line', () => {
    const nested = json(z.object({ lines: z.array(z.object({ n: z.number() })) }));
    const lines = Array.from({ length: 7 }, () => ({ n: 'x' }));
    const error = (() => {
      try {
        return nested.deserialize(text(JSON.stringify({ lines })));
      } catch (caught) {
        return caught as SchemaError;
      }
    })();
    expect(error).toBeInstanceOf(SchemaError);
    expect((error as SchemaError).issues).toHaveLength(7);
    expect((error as SchemaError).message).toMatch(
      /^lines\.0\.n: Invalid input: expected number, received string; .*lines\.4\.n: [^;]*; and 2 more$/,
    );
    expect(() => json(z.number()).deserialize(text('"x"'))).toThrow(/^Invalid input: expected number/);
  });

  test('has to answer at once', () => {
    const slow = json(z.string().refine(() => Promise.resolve(true)));
    expect(() => slow.deserialize(text('"x"'))).toThrow(/asynchronous/);
  });
});

test('what JSON has no form for is refused', () => {
  expect(() => json<unknown>().serialize(undefined)).toThrow('JSON has no form for undefined');
  expect(() => json<bigint>().serialize(1n)).toThrow(/BigInt/);
});
