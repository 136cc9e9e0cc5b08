import { expect, test } from 'vitest';
import { through, words } from '../support.ts';

test('flatMapValues makes any number of values under the same key', () => {
  expect(
    through<string>(words, (stream) => stream.flatMapValues((text) => text.split(' ')), [['k', 'to be', 4]]),
  ).toEqual(['k="to"@4', 'k="be"@4']);
});
