import { expect, test } from 'vitest';
import { input, through } from '../support.ts';

test('selectKey gives a new key', () => {
  expect(
    through<number>(input, (stream) => stream.selectKey((n, key) => `${key}-${n}`), [['a', 1, 2]]),
  ).toEqual(['a-1=1@2']);
});
