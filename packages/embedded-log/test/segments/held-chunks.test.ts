import { expect, test } from 'vitest';
import { HeldChunks } from '../../src/storage/segments/held-chunks.ts';

test('segments are read in smaller pieces where more of them are read, and not ahead where very many are', () => {
  const at = (held: number): readonly [number, boolean] => {
    const chunks = new HeldChunks();
    for (let n = 0; n < held; n++) chunks.hold({ release: () => {} }, 0);
    return [chunks.chunkBytes >> 10, chunks.readsAhead];
  };
  expect([0, 15, 16, 255, 256, 257, 5000].map(at)).toEqual([
    [1024, true],
    [1024, true],
    [512, true],
    [64, true],
    [64, true],
    [64, false],
    [64, false],
  ]);
});

test('what is held is bounded: who has not been asked for longest lets go', () => {
  const chunks = new HeldChunks(100);
  const released: string[] = [];
  const holder = (name: string) => {
    const one = {
      release: () => {
        released.push(name);
        chunks.drop(one);
      },
    };
    return one;
  };
  const [a, b, c, d] = [holder('a'), holder('b'), holder('c'), holder('d')];
  chunks.hold(a, 40);
  chunks.hold(b, 40);
  chunks.used(a);
  chunks.hold(c, 30);
  expect(released).toEqual(['b']);
  chunks.hold(c, 50);
  expect([released, chunks.count]).toEqual([['b'], 2]);
  // One that is larger than all may be is held alone.
  chunks.hold(d, 200);
  expect([released, chunks.count]).toEqual([['b', 'a', 'c'], 1]);
  chunks.drop(d);
  chunks.drop(d);
  chunks.used(d);
  expect(chunks.count).toBe(0);
});
