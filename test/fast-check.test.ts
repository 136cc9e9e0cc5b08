import fc from 'fast-check';
import { expect, test } from 'vitest';

test('properties try arrays as long as they say', () => {
  let longest = 0;
  const array = fc.array(fc.nat(), { maxLength: 60 });
  fc.assert(
    fc.property(array, ({ length }) => {
      longest = Math.max(longest, length);
    }),
    { seed: 1 },
  );
  expect(longest).toBeGreaterThan(50);
});
