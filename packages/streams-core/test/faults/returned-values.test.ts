import {
  boolean,
  json,
  JoinWindows,
  logAndContinue,
  SessionWindows,
  StreamsBuilder,
  string,
  TimeWindows,
  type Topology,
  topic,
} from '@millrace/streams-core';
import { TopologyTestDriver } from '@millrace/testing';
import { describe, expect, test } from 'vitest';

type Value = { readonly n: number };
const input = topic('in', { key: string(), value: json<Value>() });
const other = topic('other', { key: string(), value: json<Value>() });
const output = topic('out', { key: string(), value: json<unknown>() });

/** Gives what a function of a wrong type gives, past the compiler. */
const wrong = <T>(value: unknown): (() => T) => {
  return () => value as T;
};

/** Every method whose function gives a value, with one that gives a wrong one. */
const users: Record<string, (builder: StreamsBuilder, value: unknown) => void> = {
  mapValues: (builder, value) => builder.stream(input).mapValues(wrong<Value>(value)).to(output),
  map: (builder, value) => builder.stream(input).map(wrong<[string, Value]>(value)).to(output),
  selectKey: (builder, value) =>
    builder.stream(input).selectKey(wrong<string>(value), { key: string() }).to(output),
  flatMap: (builder, value) => builder.stream(input).flatMap(wrong<[string, Value][]>(value)).to(output),
  flatMapValues: (builder, value) => builder.stream(input).flatMapValues(wrong<Value[]>(value)).to(output),
  'values of flatMapValues': (builder, value) =>
    builder
      .stream(input)
      .flatMapValues(wrong<Value[]>([value]))
      .to(output),
  groupBy: (builder, value) =>
    void builder.stream(input).groupBy(wrong<string>(value), { key: string() }).count(),
  'a table\u2019s mapValues': (builder, value) =>
    builder.table(input).mapValues(wrong<Value>(value)).toStream().to(output),
  'a table\u2019s groupBy': (builder, value) =>
    void builder.table(input).groupBy(wrong<[string, Value]>(value), { key: string() }).count(),
  initial: (builder, value) =>
    void builder
      .stream(input)
      .groupByKey()
      .aggregate({ initial: wrong<number>(value), add: (sum) => sum, value: json() }),
  add: (builder, value) =>
    void builder
      .stream(input)
      .groupByKey()
      .aggregate({ initial: () => 0, add: wrong<number>(value), value: json() }),
  'add of windows': (builder, value) =>
    void builder
      .stream(input)
      .groupByKey()
      .windowedBy(TimeWindows.of(10))
      .aggregate({ initial: () => 0, add: wrong<number>(value), value: json() }),
  'add of sessions': (builder, value) =>
    void builder
      .stream(input)
      .groupByKey()
      .windowedBy(SessionWindows.of(10))
      .aggregate({ initial: () => 0, add: wrong<number>(value), merge: (a) => a, value: json() }),
  'joiner of a table': (builder, value) =>
    builder.stream(input).leftJoin(builder.table(other), wrong<Value>(value)).to(output),
  'joiner of a stream': (builder, value) => {
    const stream = builder.stream(input);
    stream.join(stream, wrong<Value>(value), JoinWindows.of(10)).to(output);
  },
};

/** Every method with a predicate, or where undefined has a meaning. */
const predicates: Record<string, (builder: StreamsBuilder, value: unknown) => void> = {
  deduplicate: (builder, value) =>
    builder
      .stream(input)
      .deduplicate({ withinMs: 10, by: wrong<string>(value) })
      .to(output),
  filter: (builder, value) => builder.stream(input).filter(wrong<boolean>(value)).to(output),
  filterNot: (builder, value) => builder.stream(input).filterNot(wrong<boolean>(value)).to(output),
  'a table\u2019s filter': (builder, value) =>
    builder.table(input).filter(wrong<boolean>(value)).toStream().to(output),
  'a table\u2019s filterNot': (builder, value) =>
    builder.table(input).filterNot(wrong<boolean>(value)).toStream().to(output),
};

function drive(build: (builder: StreamsBuilder) => void): () => void {
  const builder = new StreamsBuilder();
  build(builder);
  const driver = new TopologyTestDriver(builder.build());
  return () => driver.createInputTopic(input).pipeInput('k', { n: 1 }, { timestamp: 0 });
}

describe('a function that returns a promise is refused by the name of its method', () => {
  test.each(Object.entries({ ...users, ...predicates }))('%s', (_name, use) => {
    expect(drive((builder) => use(builder, Promise.resolve([])))).toThrow(
      /could not be processed at \S+ .*the function given to \w+ returned a promise, which is not waited for here/,
    );
  });
});

describe('a function that returns undefined is blamed, not the sink', () => {
  test.each(Object.entries(users))('%s', (_name, use) => {
    expect(drive((builder) => use(builder, undefined))).toThrow(
      /could not be processed at \S+ .*the function given to \w+ returned undefined/,
    );
  });
});

test('the promise is named with what to use in its place', () => {
  expect(drive((builder) => users['mapValues']!(builder, Promise.resolve(1)))).toThrow(
    /or use mapValuesAsync/,
  );
  expect(drive((builder) => predicates['filter']!(builder, Promise.resolve(true)))).toThrow(
    /given to filter .*or use mapValuesAsync before it/,
  );
});

test('a predicate may give what counts as true or false', () => {
  const builder = new StreamsBuilder();
  builder
    .stream(input)
    .filter(({ n }) => n as unknown as boolean)
    .to(output);
  const driver = new TopologyTestDriver(builder.build());
  const topicIn = driver.createInputTopic(input);
  topicIn.pipeInput('a', { n: 0 });
  topicIn.pipeInput('b', { n: 7 });
  expect(driver.createOutputTopic(output).readKeyValuesToList()).toEqual([['b', { n: 7 }]]);
});

test('a timestampExtractor that gives no whole milliseconds is an error that names record and value', () => {
  for (const timestamp of [Number.NaN, Number.POSITIVE_INFINITY, 1.5]) {
    const build = (): Topology => {
      const builder = new StreamsBuilder();
      builder.stream(input, { timestampExtractor: () => timestamp }).to(output);
      return builder.build();
    };
    const driver = new TopologyTestDriver(build());
    expect(() => driver.createInputTopic(input).pipeInput('k', { n: 1 })).toThrow(
      `(record in-0 @ 0): the timestampExtractor returned ${timestamp}: whole milliseconds since the epoch expected`,
    );
    const reports: string[] = [];
    const going = new TopologyTestDriver(build(), {
      deserializationExceptionHandler: logAndContinue((message) => reports.push(message)),
    });
    going.createInputTopic(input).pipeInput('k', { n: 1 });
    expect(reports).toHaveLength(1);
  }
});

test('a processor that forwards a timestamp that is no whole milliseconds is refused by name', () => {
  const builder = new StreamsBuilder();
  builder
    .stream(input)
    .process<string, Value>((context) => (record) => context.forward({ ...record, timestamp: Number.NaN }), {
      name: 'mine',
    })
    .to(output);
  const driver = new TopologyTestDriver(builder.build());
  expect(() => driver.createInputTopic(input).pipeInput('k', { n: 1 })).toThrow(
    /at mine .*forward got a record with the timestamp NaN/,
  );
});

test('a null from a groupBy selector is counted, of streams and of tables', () => {
  const builder = new StreamsBuilder();
  builder
    .stream(input)
    .groupBy(({ n }) => (n < 0 ? (null as unknown as string) : 'all'), { key: string() })
    .count();
  builder
    .table(other)
    .groupBy(({ n }) => (n < 0 ? null : (['all', { n }] as const)), { key: string() })
    .count();
  const driver = new TopologyTestDriver(builder.build());
  driver.createInputTopic(input).pipeInput('k', { n: -1 });
  expect(driver.metrics.droppedRecords).toBe(1);
  driver.createInputTopic(other).pipeInput('k', { n: -1 });
  expect(driver.metrics.droppedRecords).toBe(2);
  driver.createInputTopic(other).pipeInput('k', { n: 1 });
  // The row's old value is not in a group: nothing is lost by that.
  expect(driver.metrics.droppedRecords).toBe(2);
});

test('the test driver refuses input without whole milliseconds', () => {
  const builder = new StreamsBuilder();
  builder.stream(topic('flags', { key: string(), value: boolean() })).foreach(() => {});
  const driver = new TopologyTestDriver(builder.build());
  const flags = driver.createInputTopic(topic('flags', { key: string(), value: boolean() }));
  expect(() => flags.pipeInput('k', true, { timestamp: Number.NaN })).toThrow(
    /flags-0 has the timestamp NaN/,
  );
});
