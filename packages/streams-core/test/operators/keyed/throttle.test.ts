import { expect, test } from 'vitest';
import { input, through } from '../support.ts';

test('throttle lets a number of records of a key through per interval of stream time', () => {
  const results = through(input, (stream) => stream.throttle({ limit: 2, intervalMs: 10 }), [
    ['a', 1, 0],
    ['a', 2, 1],
    ['a', 3, 9],
    ['b', 4, 9],
    ['a', 5, 10],
    // Of an interval that has passed for the key: counted to the present one.
    ['a', 6, 3],
    ['a', 7, 11],
    [null, 8, 12],
  ]);
  expect(results).toEqual(['a=1@0', 'a=2@1', 'b=4@9', 'a=5@10', 'a=6@3']);
});

test.each([
  [{ limit: 0, intervalMs: 10 }, /limit must be a positive whole number/],
  [{ limit: 1, intervalMs: 0 }, /intervalMs must be a whole number of milliseconds/],
])('%o is refused', (options, message) => {
  expect(() => through(input, (stream) => stream.throttle(options), [])).toThrow(message);
});
