import { stillInMemory } from '@millrace/log-client/conformance';
import { expect, test } from 'vitest';
import { MemoryFileSystem } from '../../src/index.ts';
import type { Run } from '../../src/format/run.ts';
import { OpenFiles } from '../../src/storage/segments/open-files.ts';
import { RunCache } from '../../src/storage/segments/run-cache.ts';
import { Segment } from '../../src/storage/segments/segment.ts';

const id = { topicId: 1, partition: 0, baseOffset: 0, fileId: 1 };

/** A cache of so many bytes, over one segment. */
function openCache(limit: number) {
  const segment = Segment.empty(new OpenFiles(new MemoryFileSystem()), id, 0);
  const cache = new RunCache(limit);
  const offsets = (): number[] => segment.memory.all.map(({ firstOffset }) => firstOffset);
  const add = (firstOffset: number, length: number, bytes = Buffer.alloc(length)): Buffer => {
    const run: Run = {
      ...id,
      position: firstOffset * 10,
      length,
      firstOffset,
      count: 1,
      maxTimestamp: 0,
      checksum: 0,
      bytes: undefined,
    };
    cache.add(segment, run, bytes);
    return bytes;
  };
  return { add, offsets };
}

test('a cache of runs holds so many bytes, and lets the oldest go first', () => {
  const { add, offsets } = openCache(100);
  for (const [offset, length] of [
    [0, 40],
    [1, 30],
    [2, 30],
  ] as const)
    add(offset, length);
  expect(offsets()).toEqual([0, 1, 2]);
  add(3, 1);
  expect(offsets()).toEqual([1, 2, 3]);
  // Larger than all it may hold: nothing stays.
  add(4, 200);
  expect(offsets()).toEqual([]);
  // What it has let go of is not remembered for good.
  for (let offset = 5; offset < 3000; offset++) add(offset, 50);
  expect(offsets()).toEqual([2998, 2999]);
});

test('a cache of runs keeps no bytes of those that it has let go of', async () => {
  const { add, offsets } = openCache(100);
  const added: WeakRef<object>[] = [];
  for (let offset = 0; offset < 500; offset++) added.push(new WeakRef(add(offset, 50)));
  expect(await stillInMemory(added)).toBeLessThan(10);
  expect(offsets()).toEqual([498, 499]);
});

test('a cache of runs counts the memory that they share once, and all of it', () => {
  const { add, offsets } = openCache(100);
  for (let commit = 0; commit < 3; commit++) {
    const memory = Buffer.alloc(50);
    for (const run of [0, 1]) add(2 * commit + run, 5, memory.subarray(5 * run, 5 * run + 5));
  }
  // Two commits of 50 bytes, of 10 each that are used.
  expect(offsets()).toEqual([2, 3, 4, 5]);
  add(6, 40);
  expect(offsets()).toEqual([4, 5, 6]);
  const large = Buffer.alloc(101);
  for (const offset of [7, 8, 9]) add(offset, 5, large.subarray(0, 5));
  expect(offsets()).toEqual([]);
  add(10, 5);
  expect(offsets()).toEqual([10]);
});
