import { StreamsBuilder, TimeWindows } from '@millrace/streams-core';
import { TopologyTestDriver } from '@millrace/testing';
import { expect, test } from 'vitest';
import { input, output, show, through, withNulls } from '../support.ts';

test('tumbling windows are aligned to the epoch; their end is not in them', () => {
  const out = through<number>(
    input,
    (stream) => stream.groupByKey().windowedBy(TimeWindows.of(10)).count().toStream(),
    [
      ['a', 1, 0],
      ['a', 1, 9],
      ['a', 1, 10],
      ['b', 1, 25],
    ],
  );
  expect(out).toEqual(['a[0,10)=1@0', 'a[0,10)=2@9', 'a[10,20)=1@10', 'b[20,30)=1@25']);
});

test('a record belongs to all hopping windows that hold it, the earliest first', () => {
  const windows = TimeWindows.of(10).advanceBy(4).grace(100);
  const out = through<number>(input, (stream) => stream.groupByKey().windowedBy(windows).count().toStream(), [
    ['a', 1, 3],
    ['a', 1, 12],
  ]);
  expect(out).toEqual(['a[0,10)=1@3', 'a[4,14)=1@12', 'a[8,18)=1@12', 'a[12,22)=1@12']);
});

test('a window takes records until stream time passes its end plus grace (KStreamWindowAggregate)', () => {
  const builder = new StreamsBuilder();
  builder
    .stream(withNulls(input))
    .groupByKey()
    .windowedBy(TimeWindows.of(10).grace(5))
    .count()
    .toStream()
    .to(output);
  const driver = new TopologyTestDriver(builder.build());
  const topicIn = driver.createInputTopic(input);
  topicIn.pipeInput('a', 1, { timestamp: 1 });
  topicIn.pipeInput('b', 1, { timestamp: 14 });
  topicIn.pipeInput('a', 1, { timestamp: 2 });
  expect(driver.droppedRecords).toBe(0);
  topicIn.pipeInput('b', 1, { timestamp: 15 });
  topicIn.pipeInput('a', 1, { timestamp: 3 });
  expect(driver.droppedRecords).toBe(1);
  expect(driver.createOutputTopic(output).readRecordsToList().map(show)).toEqual([
    'a[0,10)=1@1',
    'b[10,20)=1@14',
    'a[0,10)=2@2',
    'b[10,20)=2@15',
  ]);
});

test('a late record may be dropped from one hopping window and counted in another', () => {
  const windows = TimeWindows.of(10).advanceBy(5).grace(0);
  const out = through<number>(input, (stream) => stream.groupByKey().windowedBy(windows).count().toStream(), [
    ['a', 1, 12],
    ['a', 1, 7],
  ]);
  expect(out).toEqual(['a[5,15)=1@12', 'a[10,20)=1@12', 'a[5,15)=2@12']);
});

test('null values count, null keys do not (KStreamWindowAggregate)', () => {
  const out = through<number>(
    input,
    (stream) => stream.groupByKey().windowedBy(TimeWindows.of(10)).count().toStream(),
    [
      ['a', null, 1],
      [null, 1, 2],
    ],
  );
  expect(out).toEqual(['a[0,10)=1@1']);
});

test('reduce and aggregate work by window', () => {
  const windows = TimeWindows.of(10);
  const records = [
    ['a', 1, 1],
    ['a', 2, 2],
    ['a', 3, 11],
  ] as const;
  expect(
    through<number>(
      input,
      (stream) =>
        stream
          .groupByKey()
          .windowedBy(windows)
          .reduce((a, b) => a + b)
          .toStream(),
      records,
    ),
  ).toEqual(['a[0,10)=1@1', 'a[0,10)=3@2', 'a[10,20)=3@11']);
  const texts = (stream: Parameters<Parameters<typeof through<number>>[1]>[0]) =>
    stream
      .groupByKey()
      .windowedBy(windows)
      .aggregate({ initial: () => '', add: (text, n, key) => `${text}${key}${n}` })
      .toStream();
  expect(through<number>(input, texts, records)).toEqual([
    'a[0,10)="a1"@1',
    'a[0,10)="a1a2"@2',
    'a[10,20)="a3"@11',
  ]);
});

test('windows can be looked up by key and start', () => {
  const builder = new StreamsBuilder();
  builder
    .stream(withNulls(input))
    .groupByKey()
    .windowedBy(TimeWindows.of(10).grace(100))
    .count({ as: 'by-ten' });
  const driver = new TopologyTestDriver(builder.build());
  driver.createInputTopic(input).pipeKeyValueList(
    [
      ['a', 1],
      ['a', 1],
      ['a', 1],
    ],
    { startTimestampMs: 5, autoAdvanceMs: 4 },
  );
  const store = driver.getWindowStore<string, number>('by-ten');
  expect(store.fetch('a', 0)).toBe(2);
  expect(store.fetchRange('a', 0, 20).map(({ start, value }) => [start, value])).toEqual([
    [0, 2],
    [10, 1],
  ]);
});
