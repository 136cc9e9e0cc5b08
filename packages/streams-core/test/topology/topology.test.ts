import { StreamsBuilder, string, topic } from '@millrace/streams-core';
import { TopologyTestDriver } from '@millrace/testing';
import { expect, test } from 'vitest';

const words = topic('words', { key: string(), value: string() });
const out = topic('out', { key: string(), value: string() });

test('a topology stays what it was when its builder goes on', () => {
  const builder = new StreamsBuilder();
  const table = builder.table(words);
  const first = builder.build();
  const before = first.describe();
  // Now the table has to be kept: for the second topology, not for the first.
  builder.stream(out).join(table, (a, b) => a + b);
  const second = builder.build();
  expect(first.describe()).toBe(before);
  expect([first.stores.size, second.stores.size]).toEqual([0, 1]);
  const driver = new TopologyTestDriver(first);
  expect(() => driver.createInputTopic(words).pipeInput('a', 'x')).not.toThrow();
});

test('sub-topologies are what hangs together, by edges and by stores', () => {
  const builder = new StreamsBuilder();
  builder
    .stream(words)
    .groupBy((word) => word, { key: string() })
    .count({ as: 'counts' });
  builder.stream(out).process(() => () => {}, { stores: ['counts'] });
  const parts = builder.build().subTopologies;
  expect(
    parts.map((part) => part.sources.flatMap((source) => source.topics.map(({ name }) => name))),
  ).toEqual([['words'], ['counts-repartition', 'out']]);
});

test('two streams of one topic are one source', () => {
  const builder = new StreamsBuilder();
  builder.stream(words).merge(builder.stream(words)).to(out);
  const driver = new TopologyTestDriver(builder.build());
  driver.createInputTopic(words).pipeInput('a', 'x');
  expect(driver.createOutputTopic(out).readValuesToList()).toEqual(['x', 'x']);
});
