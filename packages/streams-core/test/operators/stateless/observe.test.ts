import { StreamsBuilder } from '@millrace/streams-core';
import { TopologyTestDriver } from '@millrace/testing';
import { expect, test } from 'vitest';
import { input } from '../support.ts';

test('a subscriber sees the records of a stream, and the changes of a table with their old values', () => {
  const builder = new StreamsBuilder();
  const stream = builder.stream(input);
  const seen: unknown[] = [];
  stream.toObservable().subscribe(({ key, value }) => seen.push([key, value]));
  const changes: unknown[] = [];
  stream
    .groupByKey()
    .count()
    .toObservable()
    .subscribe(({ key, value: { newValue, oldValue } }) => changes.push([key, oldValue, newValue]));
  const source = new TopologyTestDriver(builder.build()).createInputTopic(input);
  source.pipeInput('a', 1);
  source.pipeInput('a', 2);
  expect(seen).toEqual([
    ['a', 1],
    ['a', 2],
  ]);
  expect(changes).toEqual([
    ['a', null, 1],
    ['a', 1, 2],
  ]);
});
