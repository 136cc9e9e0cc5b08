import { StreamsBuilder, TimeWindows, untilWindowCloses } from '@millrace/streams-core';
import { TopologyTestDriver } from '@millrace/testing';
import { expect, test } from 'vitest';
import { input, output, show, through } from '../support.ts';

const counted = (windows: TimeWindows) => (stream: Parameters<Parameters<typeof through<number>>[1]>[0]) =>
  stream.groupByKey().windowedBy(windows).count().suppress(untilWindowCloses()).toStream();

test('one result for each window and key, once stream time reaches its end plus grace', () => {
  const out = through<number>(input, counted(TimeWindows.of(10).grace(5)), [
    ['b', 1, 1],
    ['a', 1, 2],
    ['a', 1, 9],
    ['a', 1, 14],
    ['b', 1, 3],
    ['a', 1, 15],
    ['a', 1, 40],
  ]);
  // At 15 the first window closes: by key within it; at 40 the second does.
  expect(out).toEqual(['a[0,10)=2@9', 'b[0,10)=2@3', 'a[10,20)=2@15']);
});

test('what is late for a closed window changes nothing any more', () => {
  const out = through<number>(input, counted(TimeWindows.of(10)), [
    ['a', 1, 1],
    ['a', 1, 10],
    ['a', 1, 2],
    ['a', 1, 20],
  ]);
  expect(out).toEqual(['a[0,10)=1@1', 'a[10,20)=1@10']);
});

test('several windows that close at once come out by their end', () => {
  const out = through<number>(input, counted(TimeWindows.of(10).advanceBy(5).grace(0)), [
    ['a', 1, 7],
    ['b', 1, 50],
  ]);
  expect(out).toEqual(['a[0,10)=1@7', 'a[5,15)=1@7']);
});

test('only windowed results have windows that close', () => {
  const builder = new StreamsBuilder();
  const table = builder.stream(input).groupByKey().count();
  // @ts-expect-error: a plain table has no windows
  expect(() => table.suppress(untilWindowCloses())).toThrow(
    /only the result of a windowed aggregation has windows that close/,
  );
});

test('what waits is in a changelog, and comes back with the key, value and headers it had', () => {
  const builder = new StreamsBuilder();
  builder
    .stream(input)
    .groupByKey()
    .windowedBy(TimeWindows.of(10))
    .count()
    .suppress(untilWindowCloses({ name: 'hold' }))
    .toStream()
    .to(output);
  const driver = new TopologyTestDriver(builder.build());
  const topicIn = driver.createInputTopic(input);
  topicIn.pipeInput('a', 1, { timestamp: 1, headers: [{ key: 'h', value: Buffer.from('x') }] });
  expect([...driver.producedTopicNames]).toContain('test-app-hold-store-changelog');
  topicIn.pipeInput('a', 1, { timestamp: 10 });
  const record = driver.createOutputTopic(output).readRecord();
  expect(show(record)).toBe('a[0,10)=1@1');
  expect(record.headers).toEqual([{ key: 'h', value: Buffer.from('x') }]);
});
