import { json, long } from '@millrace/streams-core';
import { expect, test } from 'vitest';
import { input, through } from '../support.ts';

test('count: one update for each record; null keys and values do not count', () => {
  const out = through<number>(input, (stream) => stream.groupByKey().count().toStream(), [
    ['a', 1, 1],
    ['b', 1, 2],
    [null, 1, 3],
    ['a', null, 4],
    ['a', 1, 5],
  ]);
  expect(out).toEqual(['a=1@1', 'b=1@2', 'a=2@5']);
});

test('the timestamp of a result is the largest so far (KStreamAggregate)', () => {
  expect(
    through<number>(input, (stream) => stream.groupByKey().count().toStream(), [
      ['a', 1, 9],
      ['a', 1, 3],
      ['a', 1, 10],
    ]),
  ).toEqual(['a=1@9', 'a=2@9', 'a=3@10']);
});

test('reduce: the first value stands as it is', () => {
  expect(
    through<number>(
      input,
      (stream) =>
        stream
          .groupByKey()
          .reduce((a, b) => a * 10 + b)
          .toStream(),
      [
        ['a', 1],
        ['a', 2],
        ['b', 7],
        ['a', 3],
      ],
    ),
  ).toEqual(['a=1@0', 'a=12@0', 'b=7@0', 'a=123@0']);
});

test('aggregate: of another type; null deletes, and the next value starts over', () => {
  const out = through<number>(
    input,
    (stream) =>
      stream
        .groupByKey()
        .aggregate({
          initial: () => ['start'],
          add: (list, n, key) => (n === 0 ? null : [...list, `${key}${n}`]),
          value: json<string[]>(),
        })
        .toStream(),
    [
      ['a', 1],
      ['a', 0],
      ['a', 2],
    ],
  );
  expect(out).toEqual(['a=["start","a1"]@0', 'a=null@0', 'a=["start","a2"]@0']);
});

test('an aggregate that is changed in place is not seen before it is stored', () => {
  const out = through<number>(
    input,
    (stream) =>
      stream
        .groupByKey()
        .aggregate<number[]>({
          initial: () => [],
          add: (list, n) => {
            list.push(n);
            return list;
          },
        })
        .toStream(),
    [
      ['a', 1],
      ['a', 2],
    ],
  );
  expect(out).toEqual(['a=[1]@0', 'a=[1,2]@0']);
});

test('groupBy goes through a topic and leaves null keys out', () => {
  const out = through<number>(
    input,
    (stream) =>
      stream
        .groupBy((n) => (n < 0 ? (null as unknown as number) : n % 2), { key: long(), value: json<number>() })
        .count()
        .toStream(),
    [
      ['a', 1],
      ['b', 2],
      ['c', -1],
      ['d', 3],
    ],
  );
  expect(out).toEqual(['1=1@0', '0=1@0', '1=2@0']);
});
