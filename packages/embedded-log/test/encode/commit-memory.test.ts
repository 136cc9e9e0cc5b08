import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { CommitMemory } from '../../src/encode/commit-memory.ts';

const kibibyte = 1 << 10;
const mebibyte = 1 << 20;

const newMemory = (): CommitMemory => new CommitMemory(1 << 30);

/** A commit of so many bytes, all of them this one, which asks for room as it goes. */
function written(memory: CommitMemory, size: number, byte = 1, step = size): Buffer {
  const start = memory.at;
  for (let at = start; at < start + size; at += step) {
    const more = Math.min(step, start + size - at);
    memory.reserve(at, more).fill(byte, at, at + more);
  }
  memory.at = start + size;
  return memory.bytes.subarray(start, memory.at);
}

const holds = (bytes: Buffer, byte: number): boolean => bytes.equals(Buffer.alloc(bytes.length, byte));

describe('memory for commits', () => {
  test('is not shared by those of one group, and used again after a reset', () => {
    const memory = newMemory();
    const [one, two] = [written(memory, 500, 1), written(memory, 1500, 2)];
    expect(two.buffer).toBe(one.buffer);
    expect([holds(one, 1), holds(two, 2)]).toEqual([true, true]);
    memory.reset();
    expect(written(memory, 10, 3)).toMatchObject({ buffer: one.buffer, byteOffset: one.byteOffset });
  });

  test('grows under a commit, which keeps what it has written, as the ones before do', () => {
    const memory = newMemory();
    const before = written(memory, 100, 9);
    const grown = written(memory, 300 * kibibyte, 2, 1000);
    expect(grown.buffer).not.toBe(before.buffer);
    expect([holds(before, 9), holds(grown, 2)]).toEqual([true, true]);
  });

  test('is used up to its last byte', () => {
    const memory = newMemory();
    const { buffer } = memory.bytes;
    expect(written(memory, 64 * kibibyte).buffer).toBe(buffer);
    expect(written(memory, 1).buffer).not.toBe(buffer);
  });

  test('grows until it holds a group, and is found again', () => {
    const memory = newMemory();
    const buffers = Array.from({ length: 4 }, () => {
      memory.reset();
      return new Set(Array.from({ length: 20 }, () => written(memory, mebibyte).buffer));
    });
    expect(buffers[0]!.size).toBeGreaterThan(1);
    expect(buffers.slice(1).map(({ size }) => size)).toEqual([1, 1, 1]);
    expect(buffers[3]).toEqual(buffers[1]);
  });

  test('of more than 32 MiB is given back', () => {
    const memory = newMemory();
    written(memory, 40 * mebibyte);
    memory.reset();
    expect(memory.bytes.length).toBe(32 * mebibyte);
    const { buffer } = memory.bytes;
    memory.reset();
    expect(memory.bytes.buffer).toBe(buffer);
  });

  test('grows for no commit that is over the limit, nor by more than it takes to see that', () => {
    const memory = new CommitMemory(mebibyte);
    expect(written(memory, mebibyte, 1, 1000)).toHaveLength(mebibyte);
    memory.reset();
    written(memory, 1000);
    expect(() => written(memory, 100 * mebibyte, 1, 1000)).toThrow(/over the limit of 1048576: commit more/u);
    expect(memory.bytes.length).toBeLessThanOrEqual(4 * mebibyte);
    expect(() => memory.assertSmallEnough(mebibyte)).not.toThrow();
    expect(() => memory.assertSmallEnough(mebibyte + 1)).toThrow(/of 1048577 bytes or more is over/u);
  });

  test('has room again after a commit that failed half way', () => {
    const memory = newMemory();
    const before = written(memory, 100, 1);
    memory.reserve(memory.at, 1000).fill(2, memory.at, memory.at + 1000);
    expect(written(memory, 10, 3)).toMatchObject({ buffer: before.buffer, byteOffset: 100 });
    expect(holds(before, 1)).toBe(true);
  });

  test('holds what each commit of a group has written, and what is read of those before', () => {
    const commit = fc.record({
      size: fc.oneof(fc.nat(200), fc.nat(100 * kibibyte)),
      step: fc.integer({ min: 50, max: 50_000 }),
      isRead: fc.boolean(),
    });
    fc.assert(
      fc.property(fc.array(fc.array(commit, { maxLength: 10 }), { maxLength: 10 }), (groups) => {
        const memory = newMemory();
        const kept: { readonly bytes: Buffer; readonly byte: number }[] = [];
        let byte = 0;
        for (const group of groups) {
          memory.reset();
          const commits = group.map(({ size, step, isRead }) => {
            byte++;
            return { bytes: written(memory, size, byte, step), byte, isRead };
          });
          for (const one of commits) expect(holds(one.bytes, one.byte)).toBe(true);
          for (const { bytes, isRead, ...one } of commits) {
            if (isRead && bytes.length > 0) kept.push({ ...one, bytes: memory.keep(bytes, bytes.length) });
          }
        }
        for (const one of kept) expect(holds(one.bytes, one.byte)).toBe(true);
      }),
    );
  });
});

describe('bytes that are read', () => {
  test('stay where they are most of their memory, which nobody writes over', () => {
    const memory = newMemory();
    const bytes = written(memory, 64 * kibibyte, 7);
    const [left, right] = [bytes.subarray(0, 40_000), bytes.subarray(40_000)];
    // Of one commit both are read: together they are most of it.
    expect(memory.keep(left, bytes.length)).toBe(left);
    expect(memory.keep(right, bytes.length)).toBe(right);
    memory.reset();
    const next = written(memory, 64 * kibibyte, 8);
    expect(next.buffer).not.toBe(left.buffer);
    expect(holds(bytes, 7)).toBe(true);
    memory.reset();
    expect(memory.bytes.buffer).toBe(next.buffer);
  });

  test('are copied where they are a small part of it', () => {
    const memory = newMemory();
    const bytes = written(memory, 1000, 7);
    const kept = memory.keep(bytes, 1000);
    expect(kept.buffer.byteLength).toBe(1000);
    memory.reset();
    expect(written(memory, 1000, 8).buffer).toBe(bytes.buffer);
    expect(holds(kept, 7)).toBe(true);
  });

  test('may be those of another thread', () => {
    const memory = newMemory();
    const { buffer } = memory.bytes;
    const bytes = Buffer.allocUnsafeSlow(1000);
    expect(memory.keep(bytes, 1000)).toBe(bytes);
    expect(memory.keep(bytes.subarray(0, 400), 400).buffer.byteLength).toBe(400);
    memory.reset();
    expect(memory.bytes.buffer).toBe(buffer);
  });
});
