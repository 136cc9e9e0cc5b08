import { expect, test } from 'vitest';
import { MemoryFileSystem } from '../../src/index.ts';
import type { Run } from '../../src/format/run.ts';
import { OpenFiles } from '../../src/storage/segments/open-files.ts';
import { RunCache } from '../../src/storage/segments/run-cache.ts';
import { Segment } from '../../src/storage/segments/segment.ts';

const id = { topicId: 1, partition: 0, baseOffset: 0, fileId: 1 };

function add(cache: RunCache, segment: Segment, firstOffset: number, length: number): void {
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
  cache.add(segment, run, Buffer.alloc(length));
}

test('a cache of runs holds so many bytes, and lets the oldest go first', () => {
  const segment = Segment.empty(new OpenFiles(new MemoryFileSystem()), id, 0);
  const cache = new RunCache(100);
  const offsets = (): number[] => segment.memory.all.map(({ firstOffset }) => firstOffset);
  for (const [offset, length] of [
    [0, 40],
    [1, 30],
    [2, 30],
  ] as const)
    add(cache, segment, offset, length);
  expect(offsets()).toEqual([0, 1, 2]);
  add(cache, segment, 3, 1);
  expect(offsets()).toEqual([1, 2, 3]);
  // Larger than all it may hold: nothing stays.
  add(cache, segment, 4, 200);
  expect(offsets()).toEqual([]);
  // What it has let go of is not remembered for good.
  for (let offset = 5; offset < 3000; offset++) add(cache, segment, offset, 50);
  expect(offsets()).toEqual([2998, 2999]);
});
