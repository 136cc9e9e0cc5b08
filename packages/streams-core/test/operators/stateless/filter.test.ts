import { expect, test } from 'vitest';
import { input, through } from '../support.ts';

test('filter keeps what the predicate holds for, as it is', () => {
  expect(
    through<number>(input, (stream) => stream.filter((n, key) => n > 1 && key !== 'c'), [
      ['a', 1, 5],
      ['b', 2, 6],
      ['c', 3, 7],
    ]),
  ).toEqual(['b=2@6']);
});

test('filterNot keeps the others', () => {
  expect(
    through<number>(input, (stream) => stream.filterNot((n) => n > 1), [
      ['a', 1],
      ['b', 2],
      [null, 0],
    ]),
  ).toEqual(['a=1@0', 'null=0@0']);
});
