import { json, StreamsBuilder, string, topic } from '@millrace/streams-core';
import { TopologyTestDriver } from '@millrace/testing';
import { expect, test } from 'vitest';
import { input } from '../support.ts';

const out = (name: string) => topic(name, { key: string(), value: json<number>() });

function split(
  branches: Parameters<ReturnType<StreamsBuilder['stream']>['split']>[0],
): Record<string, unknown[]> {
  const builder = new StreamsBuilder();
  const streams = builder
    .stream(input)
    .split(branches as { [name: string]: ((n: number) => boolean) | 'rest' });
  for (const [name, stream] of Object.entries(streams)) stream.to(out(name));
  const driver = new TopologyTestDriver(builder.build());
  driver.createInputTopic(input).pipeKeyValueList([1, 2, 3, 4, 5, 6].map((n) => ['k', n] as const));
  return Object.fromEntries(
    Object.keys(streams).map((name) => [name, driver.createOutputTopic(out(name)).readValuesToList()]),
  );
}

test('a record goes to the first branch that takes it, the rest to the rest', () => {
  expect(
    split({ even: (n) => (n as number) % 2 === 0, big: (n) => (n as number) > 3, others: 'rest' }),
  ).toEqual({ even: [2, 4, 6], big: [5], others: [1, 3] });
});

test('the rest may be written first', () => {
  expect(split({ others: 'rest', even: (n) => (n as number) % 2 === 0 })).toEqual({
    even: [2, 4, 6],
    others: [1, 3, 5],
  });
});

test('without a default branch, a record that no branch takes is dropped', () => {
  expect(split({ six: (n) => n === 6 })).toEqual({ six: [6] });
});
