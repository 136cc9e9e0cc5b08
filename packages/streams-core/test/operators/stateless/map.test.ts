import { expect, test } from 'vitest';
import { input, through } from '../support.ts';

test('map gives a new key and value, and keeps the timestamp', () => {
  expect(
    through<number>(input, (stream) => stream.map((n, key) => [`${key}!`, n * 2] as const), [['a', 1, 9]]),
  ).toEqual(['a!=2@9']);
});
