import { expect, test } from 'vitest';
import {
  smallVarintBytes,
  smallVarintEnd,
  varintBytes,
  writeSmallVarint,
  writeVarint,
  writeVarlong,
} from '../../src/batch/varint.ts';

/** By the definition: zig-zag, then seven bits a byte, the lowest first. */
function naive(value: number): number[] {
  const long = BigInt(value);
  let rest = long >= 0n ? 2n * long : -2n * long - 1n;
  const bytes: number[] = [];
  do {
    bytes.push(Number(rest % 128n) + (rest >= 128n ? 128 : 0));
    rest /= 128n;
  } while (rest > 0n);
  return bytes;
}

/** Around every power of two: where a byte more is needed, and where the way of writing changes. */
function edges(bits: number): number[] {
  const powers = Array.from({ length: bits + 1 }, (_, bit) => 2 ** bit);
  const near = powers.flatMap((power) => [power - 2, power - 1, power, power + 1]);
  return [...new Set([0, ...near, ...near.map((value) => -value), ...near.map((value) => -value - 1)])];
}

const is32 = (value: number): boolean => value === (value | 0);

test('a 32-bit number is written as the definition says, and takes the bytes that are foretold', () => {
  for (const value of edges(31).filter(is32)) {
    const target = new Uint8Array(12).fill(0xee);
    const end = writeVarint(target, 1, value);
    expect([...target.subarray(1, end)], String(value)).toEqual(naive(value));
    expect(varintBytes(value), String(value)).toBe(naive(value).length);
    expect(target[end]).toBe(0xee);
  }
});

test('a small number is written as any other', () => {
  for (let value = -1; value < smallVarintEnd; value++) {
    const target = new Uint8Array(12).fill(0xee);
    const end = writeSmallVarint(target, 1, value);
    expect([...target.subarray(1, end)], String(value)).toEqual(naive(value));
    expect(smallVarintBytes(value), String(value)).toBe(naive(value).length);
    expect(target[end]).toBe(0xee);
  }
});

test('a safe integer is written as the definition says', () => {
  for (const value of edges(52)) {
    const target = new Uint8Array(12).fill(0xee);
    const end = writeVarlong(target, 1, value);
    expect([...target.subarray(1, end)], String(value)).toEqual(naive(value));
    expect(target[end]).toBe(0xee);
  }
});
