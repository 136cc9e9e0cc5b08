import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import {
  json,
  logAndContinue,
  long,
  nullable,
  minutes,
  SessionWindows,
  StreamsBuilder,
  string,
  TimeWindows,
  topic,
} from '@millrace/streams-core';
import { describe, expect, test } from 'vitest';
import { TopologyTestDriver } from '../src/index.ts';

const words = topic('words', { key: nullable(string()), value: string() });
const lengths = topic('lengths', { key: nullable(string()), value: long() });
const totals = topic('totals', { key: nullable(string()), value: json<number | null>() });

function build() {
  const builder = new StreamsBuilder();
  const measured = builder.stream(words).mapValues((word) => word.length);
  measured.to(lengths);
  measured
    .groupByKey()
    .reduce((a, b) => a + b, { as: 'sums', value: long() })
    .toStream()
    .to(totals);
  return builder.build();
}

describe('input topics', () => {
  test('time starts where it is told and advances by itself', () => {
    const driver = new TopologyTestDriver(build());
    const input = driver.createInputTopic(words, { startTimestampMs: 100, autoAdvanceMs: 10 });
    input.pipeInput('a', 'x');
    input.pipeInput('a', 'x', { timestamp: 7 });
    input.pipeInput('a', 'x');
    input.advanceTime(1000);
    input.pipeInput('a', 'x');
    const times = driver
      .createOutputTopic(lengths)
      .readRecordsToList()
      .map(({ timestamp }) => timestamp);
    expect(times).toEqual([100, 7, 110, 1120]);
    expect(() => input.advanceTime(-1)).toThrow(/cannot go back/);
  });

  test('lists: of values, of keys and values, from a time of their own', () => {
    const driver = new TopologyTestDriver(build(), { initialWallClockMs: 5 });
    const input = driver.createInputTopic(words);
    input.pipeValueList(['one', 'three']);
    input.pipeKeyValueList(
      [
        ['a', 'x'],
        ['b', 'yy'],
      ],
      { startTimestampMs: 50, autoAdvanceMs: 5 },
    );
    const records = driver.createOutputTopic(lengths).readRecordsToList();
    expect(records.map(({ key, value, timestamp }) => [key, value, timestamp])).toEqual([
      [null, 3, 5],
      [null, 5, 5],
      ['a', 1, 50],
      ['b', 2, 55],
    ]);
  });

  test('headers travel with the record', () => {
    const driver = new TopologyTestDriver(build());
    const headers = [{ key: 'trace', value: Buffer.from('1') }];
    driver.createInputTopic(words).pipeInput('a', 'x', { headers });
    expect(driver.createOutputTopic(lengths).readRecord().headers).toEqual(headers);
  });

  test('a topic that the topology does not read is refused', () => {
    const driver = new TopologyTestDriver(build());
    expect(() => driver.createInputTopic(lengths).pipeInput('a', 1)).toThrow(
      /does not read the topic "lengths"; it reads words/,
    );
  });
});

describe('output topics', () => {
  test('all ways to read', () => {
    const driver = new TopologyTestDriver(build());
    driver.createInputTopic(words).pipeKeyValueList([
      ['a', 'x'],
      ['b', 'yy'],
      ['a', 'zzz'],
      ['c', 'w'],
    ]);
    const output = driver.createOutputTopic(totals);
    expect(output.queueSize).toBe(4);
    expect(output.readKeyValue()).toEqual(['a', 1]);
    expect(output.readValue()).toBe(2);
    expect(output.readKeyValuesToMap()).toEqual(
      new Map([
        ['a', 4],
        ['c', 1],
      ]),
    );
    expect(output.isEmpty).toBe(true);
    expect(() => output.readRecord()).toThrow('There is no record left to read in topic "totals"');
  });

  test('every topic that was written to is known, the topology’s own included', () => {
    const driver = new TopologyTestDriver(build(), { applicationId: 'app' });
    driver.createInputTopic(words).pipeInput('a', 'x');
    expect([...driver.producedTopicNames].toSorted((a, b) => a.localeCompare(b))).toEqual([
      'app-sums-changelog',
      'lengths',
      'totals',
    ]);
  });
});

test('stores are there by name, typed by you', () => {
  const driver = new TopologyTestDriver(build());
  driver.createInputTopic(words).pipeInput('a', 'four', { timestamp: 3 });
  expect(driver.getKeyValueStore<string, number>('sums').get('a')).toBe(4);
  expect(driver.getTimestampedKeyValueStore<string, number>('sums').get('a')).toEqual({
    value: 4,
    timestamp: 3,
  });
  expect([...driver.getAllStateStores().keys()]).toEqual(['sums']);
  expect(() => driver.getKeyValueStore('nowhere')).toThrow(
    'The topology has no store "nowhere"; it has sums',
  );
});

test('every kind of store is there as what it is', () => {
  const builder = new StreamsBuilder();
  const lengths = topic('words', { key: string(), value: string() });
  const grouped = builder.stream(lengths).groupByKey();
  grouped.windowedBy(TimeWindows.of(10)).count({ as: 'windows' });
  grouped.windowedBy(SessionWindows.of(10)).count({ as: 'sessions' });
  const driver = new TopologyTestDriver(builder.build());
  driver.createInputTopic(lengths).pipeInput('a', 'x', { timestamp: 12 });
  expect(driver.getWindowStore('windows').fetch('a', 10)).toBe(1);
  expect(driver.getTimestampedWindowStore('windows').fetchEntry('a', 10)).toEqual({
    start: 10,
    value: 1,
    timestamp: 12,
  });
  expect(driver.getSessionStore('sessions').fetchSession('a', 12, 12)).toBe(1);
  expect(driver.getStateStore('windows').name).toBe('windows');
});

test('a restart keeps what was committed and forgets nothing: stores, offsets, times', () => {
  const driver = new TopologyTestDriver(build());
  const source = driver.createInputTopic(words);
  source.pipeInput('a', 'four', { timestamp: 3 });
  driver.restart();
  source.pipeInput('a', 'fifth', { timestamp: 4 });
  expect(driver.getKeyValueStore<string, number>('sums').get('a')).toBe(9);
});

test('an unreadable record goes to the handler', () => {
  const numbers = topic('words', { key: string(), value: json<number>() });
  const builder = new StreamsBuilder();
  builder.stream(numbers).to(totals);
  const strict = new TopologyTestDriver(builder.build());
  expect(() => strict.createInputTopic(numbers).pipeBytes(null, Buffer.from('{'))).toThrow(/words-0 @ 0/);
  const reports: string[] = [];
  const lenient = new TopologyTestDriver(builder.build(), {
    deserializationExceptionHandler: logAndContinue((text) => reports.push(text)),
  });
  lenient.createInputTopic(numbers).pipeBytes(null, Buffer.from('{'));
  expect(reports).toHaveLength(1);
  expect(lenient.droppedRecords).toBe(1);
});

test('a topology can be tested twice: it holds no state', () => {
  const topology = build();
  for (let round = 0; round < 2; round++) {
    const driver = new TopologyTestDriver(topology);
    driver.createInputTopic(words).pipeInput('a', 'xx');
    expect(driver.createOutputTopic(totals).readValue()).toBe(2);
  }
});

test('on LevelDB, where a test asks for it', async () => {
  const stateDir = await mkdtemp(path.join(tmpdir(), 'millrace-driver-'));
  try {
    const driver = await TopologyTestDriver.open(build(), { stateDir });
    driver.createInputTopic(words).pipeInput('a', 'four');
    expect(driver.getKeyValueStore<string, number>('sums').get('a')).toBe(4);
    await driver.close();
    expect(await readdir(path.join(stateDir, '0_0'))).toEqual(['sums']);
  } finally {
    await rm(stateDir, { recursive: true, force: true });
  }
});

test('the wall clock moves only forward', () => {
  expect(() => new TopologyTestDriver(build()).advanceWallClockTime(-1)).toThrow(/cannot go back/);
});

test('tables answer as they do in a running app', async () => {
  const input = topic('in', { key: string(), value: string() });
  const builder = new StreamsBuilder();
  const byKey = builder.stream(input).groupByKey();
  const total = byKey.count({ as: 'total' });
  const perMinute = byKey.windowedBy(TimeWindows.of(minutes(1))).count({ as: 'per-minute' });
  const driver = new TopologyTestDriver(builder.build());
  const inputs = driver.createInputTopic(input);
  inputs.pipeInput('a', 'x', { timestamp: 1 });
  inputs.pipeInput('a', 'y', { timestamp: 2 });
  inputs.pipeInput('b', 'z', { timestamp: 3 });
  expect(await driver.store(total).get('a')).toBe(2);
  expect(await driver.store(total).approximateCount()).toBe(2);
  expect(await driver.store(perMinute).get('a', { start: 0 })).toBe(2);
  expect(() => driver.store('no')).toThrow('no store "no"; it has total');
  await driver.close();
});

describe('misspelt names', () => {
  test('are refused, with the name that was meant', () => {
    const driver = new TopologyTestDriver(build());
    const wrong = (name: string) => topic(name, { key: nullable(string()), value: string() });
    expect(() => driver.createInputTopic(wrong('word')).pipeInput('a', 'x')).toThrow(
      /^The topology does not read the topic "word"; it reads words\. Did you mean "words"\?$/,
    );
    const misspelt = driver.createOutputTopic(wrong('lenghts'));
    for (const read of [
      () => misspelt.isEmpty,
      () => misspelt.readValue(),
      () => misspelt.readValuesToList(),
    ]) {
      expect(read).toThrow(
        /^The topology does not write to the topic "lenghts"; it writes to .*\. Did you mean "lengths"\?$/,
      );
    }
    expect(() => driver.store('sumz')).toThrow(/Did you mean "sums"\?$/);
    // Another topic may be one that a handler of the test's own writes to.
    expect(driver.createOutputTopic(wrong('dead-letters')).isEmpty).toBe(true);
    expect(driver.createOutputTopic(wrong('words')).isEmpty).toBe(true);
  });
});
