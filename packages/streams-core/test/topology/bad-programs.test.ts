import { EmbeddedLog } from '@millrace/embedded-log';
import {
  JoinWindows,
  json,
  keyValueStore,
  minutes,
  SessionWindows,
  SlidingWindows,
  StreamsApp,
  StreamsBuilder,
  string,
  TimeWindows,
  TopologyError,
  topic,
  UnlimitedWindows,
  untilTimeLimit,
} from '@millrace/streams-core';
import { expect, test } from 'vitest';

const input = topic('input', { key: string(), value: json<number>() });
const rows = topic('rows', { key: string(), value: json<number>() });

test('an empty topology', () => {
  expect(() => new StreamsBuilder().build()).toThrow(/reads no topic: start it with stream\(\) or table\(\)/);
});

test('a name used twice', () => {
  const builder = new StreamsBuilder();
  const stream = builder.stream(input).filter(() => true, { name: 'mine' });
  expect(() => stream.mapValues((n) => n, { name: 'mine' })).toThrow(/A node named "mine" exists already/);
});

test('a store name used twice', () => {
  const builder = new StreamsBuilder();
  builder.stream(input).groupByKey().count({ as: 'same' });
  expect(() => builder.table(rows, { as: 'same' })).toThrow(/A store named "same" exists already/);
  const spec = keyValueStore({ name: 'mine', key: string(), value: string() });
  expect(() => builder.addStateStore(spec).addStateStore(spec)).not.toThrow();
});

test('keys that nobody knows how to write', () => {
  const builder = new StreamsBuilder();
  expect(() =>
    builder
      .stream(input)
      .map((n, key) => [n, key] as const)
      .groupByKey()
      .count(),
  ).toThrow(
    /does not know how to write its keys, because an operator before it changed them: give it a key serde/,
  );
});

test('topics that Kafka would refuse', () => {
  for (const name of ['', 'a b', '../up', '.']) {
    expect(() => topic(name, { key: string(), value: string() })).toThrow(/Illegal topic name/);
  }
});

test.each([
  [() => TimeWindows.of(0), /size must be a whole number of milliseconds, 1 at least; got 0/],
  [() => TimeWindows.of(1.5), /got 1\.5/],
  [() => TimeWindows.of(10).grace(-1), /grace must be a whole number of milliseconds, 0 at least; got -1/],
  [() => TimeWindows.of(10).advanceBy(11), /advance \(11 ms\) must not be larger than the size \(10 ms\)/],
])('impossible windows', (make, message) => {
  expect(make).toThrow(message);
  expect(make).toThrow(TopologyError);
});

test('a retention shorter than windows and grace', () => {
  const grouped = new StreamsBuilder()
    .stream(input)
    .groupByKey()
    .windowedBy(TimeWindows.of(minutes(5)).grace(minutes(1)));
  expect(() => grouped.count({ retentionMs: minutes(5) })).toThrow(
    /is too short for its windows and their grace: give it 360000 ms at least/,
  );
});

test('a retention shorter than sessions and sliding windows need', () => {
  const grouped = new StreamsBuilder().stream(input).groupByKey();
  const sessions = grouped.windowedBy(SessionWindows.of(100).grace(20));
  expect(() => sessions.count({ retentionMs: 119 })).toThrow(/give it 120 ms at least/);
  const sliding = grouped.windowedBy(SlidingWindows.of(100).grace(20));
  expect(() => sliding.count({ retentionMs: 219 })).toThrow(/give it 220 ms at least/);
});

test('windows of no or of negative length', () => {
  for (const wrong of [
    () => TimeWindows.of(0),
    () => TimeWindows.of(10).advanceBy(11),
    () => TimeWindows.of(10).grace(-1),
    () => SlidingWindows.of(-1),
    () => SessionWindows.of(0),
    () => SessionWindows.of(10).grace(-1),
    () => UnlimitedWindows.of().startOn(-1),
    () => JoinWindows.of(0).before(-1),
    () => JoinWindows.of(10).grace(-1),
  ]) {
    expect(wrong).toThrow(TopologyError);
  }
});

test('a grace without versions, or longer than they are kept', () => {
  const builder = new StreamsBuilder();
  const stream = builder.stream(input);
  const plain = builder.table(rows);
  expect(() => stream.join(plain, (a) => a, { graceMs: 10 })).toThrow(
    /a grace needs a versioned table: give the table \{ as: '...', historyRetentionMs: 10 \}/,
  );
  const versioned = builder.table({ ...rows, name: 'versions' }, { as: 'v', historyRetentionMs: 9 });
  expect(() => stream.join(versioned, (a) => a, { graceMs: 10 })).toThrow(
    /the grace \(10 ms\) must not be longer than the table's history retention \(9 ms\)/,
  );
  expect(() => versioned.suppress(untilTimeLimit(5))).toThrow(/a versioned table cannot be suppressed/);
});

test('a topic read alone and together with others', () => {
  const builder = new StreamsBuilder();
  builder.stream([input, rows]);
  expect(() => builder.stream(input)).toThrow(
    /Topic "input" is read by KSTREAM-SOURCE-0000000000 already, together with other topics/,
  );
});

async function start(
  build: (builder: StreamsBuilder) => void,
  partitions: Record<string, number>,
): Promise<void> {
  const log = await EmbeddedLog.inMemory();
  try {
    await log.admin.createTopics(
      Object.entries(partitions).map(([name, count]) => ({ name, partitions: count })),
    );
    const builder = new StreamsBuilder();
    build(builder);
    const app = new StreamsApp(builder.build(), { applicationId: 'app', log });
    await app.start();
    await app.close();
  } finally {
    await log.close();
  }
}

test('a join of topics with different partition counts', async () => {
  const join = (builder: StreamsBuilder) =>
    void builder.stream(input).join(builder.table(rows, { persistent: false }), (a, b) => a + b);
  await expect(start(join, { input: 2, rows: 3 })).rejects.toThrow(
    /KSTREAM-JOIN-0000000004 joins topics with different partition counts: "input" has 2, "rows" has 3\. Give them the same count, or put repartition\(\) before the join/,
  );
  await start(join, { input: 2, rows: 2 });
});

test('a repartition topic follows the topic it is joined with', async () => {
  const join = (builder: StreamsBuilder) =>
    void builder
      .stream(input)
      .selectKey((_n, key) => key)
      .join(builder.table(rows, { persistent: false }), (a, b) => a + b);
  await start(join, { input: 2, rows: 3 });
});

test('a repartition count that does not fit its join', async () => {
  const join = (builder: StreamsBuilder) =>
    void builder
      .stream(input)
      .repartition({ partitions: 5, name: 'five' })
      .join(builder.table(rows, { persistent: false }), (a, b) => a + b);
  await expect(start(join, { input: 2, rows: 3 })).rejects.toThrow(/"five-repartition" has 5, "rows" has 3/);
});
