import { expect, test } from 'vitest';
import {
  long,
  minutes,
  StreamsBuilder,
  string,
  TimeWindows,
  timeWindowed,
  topic,
  untilWindowCloses,
} from '@millrace/streams-core';
import { TopologyTestDriver } from '../src/index.ts';

const lines = topic('lines', { key: string(), value: string() });
const counts = topic('counts', { key: string(), value: long() });

test('word count, as in every introduction', () => {
  const builder = new StreamsBuilder();
  builder
    .stream(lines)
    .flatMapValues((line) => line.toLowerCase().split(/\W+/))
    .groupBy((word) => word, { key: string(), value: string() })
    .count({ as: 'counts-store' })
    .toStream()
    .mapValues((count) => count ?? 0)
    .to(counts);
  const topology = builder.build();
  console.log(topology.describe());
  const driver = new TopologyTestDriver(topology);
  const input = driver.createInputTopic(lines);
  const output = driver.createOutputTopic(counts);
  input.pipeInput(null, 'all streams lead to Kafka');
  input.pipeInput(null, 'Hello Kafka Streams');
  expect(output.readKeyValuesToMap()).toEqual(
    new Map([
      ['all', 1],
      ['streams', 2],
      ['lead', 1],
      ['to', 1],
      ['kafka', 2],
      ['hello', 1],
    ]),
  );
  expect(driver.getKeyValueStore<string, number>('counts-store').get('kafka')).toBe(2);
});

test('windowed', () => {
  const builder = new StreamsBuilder();
  const out = topic('out', { key: timeWindowed(string(), minutes(1)), value: long() });
  builder
    .stream(lines)
    .groupByKey()
    .windowedBy(TimeWindows.of(minutes(1)).grace(minutes(1)))
    .count()
    .suppress(untilWindowCloses())
    .toStream()
    .filter((count): count is number => count !== null)
    .to(out);
  const topology = builder.build();
  console.log(topology.describe());
  const driver = new TopologyTestDriver(topology);
  const input = driver.createInputTopic(lines);
  const output = driver.createOutputTopic(out);
  input.pipeInput('a', 'x', { timestamp: 0 });
  input.pipeInput('a', 'x', { timestamp: 1000 });
  input.pipeInput('b', 'x', { timestamp: 61_000 });
  input.pipeInput('a', 'x', { timestamp: 2000 });
  expect(output.isEmpty).toBe(true);
  input.pipeInput('b', 'x', { timestamp: 120_000 });
  expect(output.readKeyValuesToList()).toEqual([[{ key: 'a', window: { start: 0, end: 60_000 } }, 3]]);
  input.pipeInput('a', 'late', { timestamp: 3000 });
  expect(driver.droppedRecords).toBe(1);
});
