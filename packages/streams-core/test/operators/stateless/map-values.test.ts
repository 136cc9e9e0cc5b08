import { expect, test } from 'vitest';
import { input, through } from '../support.ts';

test('mapValues gives a new value under the same key', () => {
  expect(
    through<number>(input, (stream) => stream.mapValues((n, key) => `${key}${n}`), [
      ['a', 1, 3],
      [null, 2, 4],
    ]),
  ).toEqual(['a="a1"@3', 'null="null2"@4']);
});
