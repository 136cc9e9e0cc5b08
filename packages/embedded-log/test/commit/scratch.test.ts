import { describe, expect, test } from 'vitest';
import { Scratch } from '../../src/storage/commit/scratch.ts';

const again = { reuse: true } as const;
const mebibyte = 1 << 20;

describe('memory for large commits', () => {
  test('is not shared by those of one group, and used again after a reset', () => {
    const scratch = new Scratch();
    scratch.take(1000, again);
    scratch.reset();
    const [one, two] = [scratch.take(500, again).fill(1), scratch.take(1500, again).fill(2)];
    expect([one.length, two.length]).toEqual([500, 1500]);
    expect(one.every((byte) => byte === 1)).toBe(true);
    expect(two.buffer).toBe(one.buffer);
    expect([one, two].map((bytes) => scratch.isReused(bytes))).toEqual([true, true]);
    // Full to the byte: what comes now gets other memory, and the two keep theirs.
    const three = scratch.take(1, again).fill(3);
    expect(three.buffer).not.toBe(one.buffer);
    expect(two.every((byte) => byte === 2)).toBe(true);
    expect(scratch.isReused(one)).toBe(false);
    scratch.reset();
    expect(scratch.take(2, again).byteOffset).toBe(three.byteOffset);
  });

  test('grows with groups of many, until it holds the whole of one', () => {
    const scratch = new Scratch();
    const group = (): Set<ArrayBufferLike> => {
      scratch.reset();
      return new Set(Array.from({ length: 20 }, () => scratch.take(mebibyte, again).buffer));
    };
    const buffers = Array.from({ length: 5 }, group);
    expect(buffers[0]!.size).toBeGreaterThan(1);
    expect(buffers[3]!.size).toBe(1);
    expect([...buffers[4]!][0]).toBe([...buffers[3]!][0]);
  });

  test('is fresh for those whose readers want it, and for the largest', () => {
    const scratch = new Scratch();
    const kept = scratch.take(100, { reuse: false });
    const [largest, large] = [scratch.take(32 * mebibyte + 1, again), scratch.take(32 * mebibyte, again)];
    expect([kept, largest, large].map((bytes) => scratch.isReused(bytes))).toEqual([false, false, true]);
    expect([kept.length, largest.length, large.length]).toEqual([100, 32 * mebibyte + 1, 32 * mebibyte]);
    expect(large.buffer.byteLength).toBe(32 * mebibyte);
  });
});
