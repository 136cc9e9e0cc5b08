import { expect, test } from 'vitest';
import { input, through } from '../support.ts';

test('flatMap makes any number of records, in order', () => {
  const repeat = (n: number, key: string) => Array.from({ length: n }, (_, i) => [`${key}${i}`, i] as const);
  expect(
    through<number>(input, (stream) => stream.flatMap(repeat), [
      ['a', 2, 1],
      ['b', 0, 2],
      ['c', 1, 3],
    ]),
  ).toEqual(['a0=0@1', 'a1=1@1', 'c0=0@3']);
});
