import {
  json,
  type Lateness,
  SessionWindows,
  SlidingWindows,
  StreamsBuilder,
  string,
  type StreamRecord,
  TimeWindows,
  topic,
} from '@millrace/streams-core';
import { TopologyTestDriver } from '@millrace/testing';
import { describe, expect, test } from 'vitest';
import { input } from '../support.ts';

const lateTopic = topic('late', { key: string(), value: json<number>() });

function pipe(driver: TopologyTestDriver): void {
  const source = driver.createInputTopic(input);
  source.pipeInput('a', 1, { timestamp: 100 });
  source.pipeInput('a', 2, { timestamp: 3, headers: [{ key: 'h', value: Buffer.from('x') }] });
  source.pipeInput('a', 3, { timestamp: 101 });
}

describe.each([
  ['tumbling', TimeWindows.of(10).grace(5), { start: 0, end: 10 }],
  ['sliding', SlidingWindows.of(10).grace(5), { start: 3, end: 13 }],
  ['sessions', SessionWindows.of(10).grace(5), { start: 3, end: 3 }],
] as const)('%s', (_name, windows, window) => {
  test('a late record is counted, and handed to the callback with its window and the time', () => {
    const late: (readonly [StreamRecord<string, number>, Lateness])[] = [];
    const builder = new StreamsBuilder();
    builder
      .stream(input)
      .groupByKey()
      .windowedBy(windows as TimeWindows, {
        onLate: (record, lateness) => void late.push([record, lateness]),
      })
      .count();
    const driver = new TopologyTestDriver(builder.build());
    pipe(driver);
    expect(late).toHaveLength(1);
    expect(late[0]![0]).toMatchObject({ key: 'a', value: 2, timestamp: 3 });
    expect(late[0]![1]).toEqual({ window, streamTimeMs: 100 });
    expect(driver.metrics).toMatchObject({ processedRecords: 3, droppedRecords: 1, lateRecords: 1 });
    expect(Object.values(driver.metrics.droppedByNode)).toEqual([1]);
  });

  test('a late record is written to a topic as it came, and no other record is', () => {
    const builder = new StreamsBuilder();
    const grouped = builder.stream(input).groupByKey();
    grouped
      .windowedBy(windows as TimeWindows, { onLate: lateTopic })
      .count()
      .toStream();
    const driver = new TopologyTestDriver(builder.build());
    pipe(driver);
    const records = driver.createOutputTopic(lateTopic).readRecordsToList();
    expect(records).toMatchObject([{ key: 'a', value: 2, timestamp: 3, headers: [{ key: 'h' }] }]);
  });
});

test('a record late for one hopping window may be in time for another', () => {
  const late: Lateness['window'][] = [];
  const builder = new StreamsBuilder();
  builder
    .stream(input)
    .groupByKey()
    .windowedBy(TimeWindows.of(10).advanceBy(5), {
      onLate: (_record, { window }) => void late.push(window),
    })
    .count({ as: 'counts' });
  const driver = new TopologyTestDriver(builder.build());
  const source = driver.createInputTopic(input);
  source.pipeInput('a', 1, { timestamp: 20 });
  source.pipeInput('a', 1, { timestamp: 17 });
  expect(late).toEqual([{ start: 10, end: 20 }]);
  expect(driver.getWindowStore('counts').fetch('a', 15)).toBe(2);
});
