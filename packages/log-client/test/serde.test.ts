import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { boolean, bytes, double, integer, long, nullable, type Serde, string } from '../src/index.ts';

const hex = (value: Uint8Array) => Buffer.from(value).toString('hex');

// Bytes as Kafka's StringSerializer, LongSerializer, IntegerSerializer, DoubleSerializer and
// BooleanSerializer write them.
test.each<[Serde<never>, unknown, string]>([
  [string() as Serde<never>, 'ä', 'c3a4'],
  [long() as Serde<never>, 1, '0000000000000001'],
  [long() as Serde<never>, -2, 'fffffffffffffffe'],
  [long() as Serde<never>, 4294967296, '0000000100000000'],
  [long() as Serde<never>, -4294967297, 'fffffffeffffffff'],
  [integer() as Serde<never>, -1, 'ffffffff'],
  [double() as Serde<never>, 1.5, '3ff8000000000000'],
  [boolean() as Serde<never>, true, '01'],
])('bytes are as Java writes them', (serde, value, expected) => {
  expect(hex(serde.serialize(value as never))).toBe(expected);
  expect(serde.deserialize(Buffer.from(expected, 'hex'))).toBe(value);
});

test('every value comes back', () => {
  const comesBack = <T>(serde: Serde<T>, values: fc.Arbitrary<T>) =>
    fc.assert(
      fc.property(values, (value) => {
        expect(serde.deserialize(Uint8Array.from(serde.serialize(value)))).toEqual(value);
      }),
    );
  comesBack(string(), fc.string({ unit: 'grapheme' }));
  comesBack(long(), fc.maxSafeInteger());
  comesBack(integer(), fc.integer());
  comesBack(double(), fc.double());
  comesBack(boolean(), fc.boolean());
  comesBack<Uint8Array>(bytes(), fc.uint8Array());
});

describe('what does not fit is refused', () => {
  test.each<[string, () => unknown]>([
    ['a number for a string', () => string().serialize(1 as never)],
    ['a fraction for a long', () => long().serialize(1.5)],
    ['a long beyond 2^53', () => long().deserialize(Buffer.from('0020000000000001', 'hex'))],
    ['33 bits for an integer', () => integer().serialize(2 ** 32)],
    ['bytes of the wrong length', () => double().deserialize(Buffer.alloc(4))],
    ['a string for bytes', () => bytes().serialize('x' as never)],
  ])('%s', (_what, action) => {
    expect(action).toThrow();
  });
});

test('a nullable serde does what the one it is made of does, and says that it admits null', () => {
  class Tagged implements Serde<string> {
    readonly name = 'tagged';
    readonly immutable = true;
    readonly #tag = '#';
    serialize(value: string): Uint8Array {
      return Buffer.from(this.#tag + value);
    }
    deserialize(bytesOf: Uint8Array): string {
      return Buffer.from(bytesOf).toString().slice(this.#tag.length);
    }
    check(value: string): void {
      if (value.startsWith(this.#tag)) throw new TypeError('tagged already');
    }
  }
  const made = nullable(new Tagged());
  expect(made).toMatchObject({ name: 'tagged', immutable: true, admitsNull: true });
  expect(made.deserialize(made.serialize('a'))).toBe('a');
  expect(() => made.check!('#a')).toThrow('tagged already');
  expect(['serializeText', 'mapKey'].filter((member) => member in made)).toEqual([]);
  const text = nullable(string());
  expect(text.deserializeText!(text.serializeText!('ä'))).toBe('ä');
  expect(string().admitsNull).toBeUndefined();
});
