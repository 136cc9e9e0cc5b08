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

  test('small ones that follow each other are one, until a checkpoint has taken it', () => {
    const memory = new MemoryRuns();
    const small = (firstOffset: number, text: string, position: number): MemoryRun => ({
      ...run(firstOffset, 2, position),
      bytes: Buffer.from(text),
    });
    memory.push(small(0, 'one', 0));
    const first = memory.at(0)!.bytes;
    memory.push(small(2, 'two', 3));
    const both = memory.at(0)!.bytes;
    for (let n = 2; n < 500; n++) memory.push(small(2 * n, 'abc', 3 * n));
    expect(memory.all).toHaveLength(1);
    expect(memory.indexOfOffset(999)).toBe(0);
    expect(memory.indexOfOffset(1000)).toBe(-1);
    expect(memory.at(1499)!.bytes.toString()).toBe(`onetwo${'abc'.repeat(498)}`);
    // What readers have stays as it was.
    expect([first, both].map(String)).toEqual(['one', 'onetwo']);
    memory.seal();
    const sealed = memory.all[0]!;
    memory.push(small(1000, 'new', 1500));
    memory.push(small(1002, 'er', 1503));
    expect(sealed.bytes).toHaveLength(1500);
    expect(memory.all.map(({ position }) => position)).toEqual([0, 1500]);
    memory.dropStoredBefore(1500);
    expect(memory.all.map(({ bytes }) => String(bytes))).toEqual(['newer']);
    memory.push(small(1004, '!', 1505));
    expect(memory.all.map(({ bytes }) => String(bytes))).toEqual(['newer!']);
    memory.dropStoredBefore(1506);
    memory.push(small(1006, 'last', 1506));
    expect(memory.all.map(({ bytes }) => String(bytes))).toEqual(['last']);
  });

  test('what is large, elsewhere, or in the file too stays apart; what is joined has a limit', () => {
    const memory = new MemoryRuns();
    let position = 0;
    let offset = 0;
    const add = (length: number, isStored = false): void => {
      memory.push({ ...run(offset++, 1, position, isStored), bytes: Buffer.alloc(length) });
      position += length;
    };
    for (const length of [100, 100, 5000, 100]) add(length);
    add(100, true);
    for (const length of [100, 100]) add(length);
    position += 10;
    add(100);
    expect(memory.all.map(({ bytes }) => bytes.length)).toEqual([200, 5000, 100, 100, 200, 100]);
    offset += 10;
    for (let n = 0; n < 100; n++) add(2000);
    expect(Math.max(...memory.all.map(({ bytes }) => bytes.length))).toBe(16_000);
    expect(memory.all.length).toBeLessThan(25);
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
