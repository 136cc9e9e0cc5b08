import { describe, expect, test } from 'vitest';
import { type MemoryRun, MemoryRuns } from '../../src/storage/segments/memory-runs.ts';

const run = (firstOffset: number, count: number, position: number, isStored = false): MemoryRun => ({
  firstOffset,
  count,
  position,
  bytes: Buffer.alloc(10),
  isStored,
});

/** Offsets 5 to 6 at byte 100, 7 to 9 at byte 110, and 20 at byte 200. */
function runs() {
  const [first, second, third] = [run(5, 2, 100), run(7, 3, 110, true), run(20, 1, 200)];
  const memory = new MemoryRuns();
  for (const one of [first, second, third]) memory.push(one);
  return { memory, first, second, third };
}

describe('runs in memory', () => {
  test('are found by an offset that they hold', () => {
    const { memory } = runs();
    const offsets = [4, 5, 6, 7, 9, 10, 19, 20, 21];
    expect(offsets.map((offset) => memory.indexOfOffset(offset))).toEqual([-1, 0, 0, 1, 1, -1, -1, 2, -1]);
    expect(new MemoryRuns().indexOfOffset(0)).toBe(-1);
  });

  test('are found by a byte of theirs', () => {
    const { memory, first, second, third } = runs();
    expect([99, 100, 109, 110, 119, 120, 200, 210].map((position) => memory.at(position))).toEqual([
      undefined,
      first,
      first,
      second,
      second,
      undefined,
      third,
      undefined,
    ]);
  });

  test('say where the next one begins', () => {
    const { memory } = runs();
    expect([0, 99, 100, 110, 199, 200].map((position) => memory.positionAfter(position))).toEqual([
      100,
      100,
      110,
      200,
      200,
      undefined,
    ]);
  });

  test('go once a checkpoint has written them, but for those that readers want', () => {
    const { memory, second, third } = runs();
    memory.dropStoredBefore(200);
    expect(memory.all).toEqual([second, third]);
    memory.dropStoredBefore(201);
    expect(memory.all).toEqual([second]);
  });

  test('go one by one, and only themselves', () => {
    const { memory, first, second, third } = runs();
    memory.drop(run(7, 3, 110, true));
    expect(memory.all).toEqual([first, second, third]);
    memory.drop(second);
    memory.drop(second);
    expect(memory.all).toEqual([first, third]);
  });
});
