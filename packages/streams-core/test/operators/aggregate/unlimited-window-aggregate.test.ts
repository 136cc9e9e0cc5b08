import { EmitStrategy, UnlimitedWindows } from '@millrace/streams-core';
import { expect, test } from 'vitest';
import { input, through } from '../support.ts';

test('one window from the start on; earlier records are in none, and a null key is left out', () => {
  const results = through(
    input,
    (stream) =>
      stream
        .groupByKey()
        .windowedBy(UnlimitedWindows.of().startOn(10))
        .count()
        .toStream()
        .map((n, windowed) => [`${windowed.key}[${windowed.window.start},${windowed.window.end})`, n]),
    [
      ['a', 1, 9],
      ['a', 1, 10],
      ['a', 1, 1_000_000],
      ['a', 1, 11],
      [null, 1, 11],
    ],
  );
  expect(results).toEqual(['a[10,Infinity)=1@10', 'a[10,Infinity)=2@1000000', 'a[10,Infinity)=3@1000000']);
});

test('an unlimited window never closes, so emit on close is refused', () => {
  expect(() =>
    through(
      input,
      (stream) =>
        stream
          .groupByKey()
          .windowedBy(UnlimitedWindows.of(), { emit: EmitStrategy.onWindowClose })
          .count()
          .toStream(),
      [],
    ),
  ).toThrow(/unlimited windows never close/);
});
