import {
  EmitStrategy,
  type InsertOnlyKTable,
  json,
  SessionWindows,
  SlidingWindows,
  StreamsApp,
  StreamsBuilder,
  string,
  TimeWindows,
  topic,
  type Topology,
  untilWindowCloses,
  type Windowed,
} from '@millrace/streams-core';
import { TopologyTestDriver } from '@millrace/testing';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { caughtUp, readTopic, withLog, write } from '../../runtime/support.ts';
import { type RunOptions, someRun } from '../oracle-support.ts';
import { input, output, show, withNulls } from '../support.ts';

interface Event {
  readonly key: string | null;
  readonly value: number;
  readonly after: number;
  readonly header: string | undefined;
}

const someEvents = fc.array(
  fc.record({
    key: fc.constantFrom('a', 'ab', 'b', 'é', null),
    value: fc.integer({ min: -2, max: 3 }),
    // Since the record before.
    after: fc.integer({ min: -12, max: 16 }),
    header: fc.option(fc.constantFrom('x', 'y', ''), { nil: undefined }),
  }),
  { minLength: 20, maxLength: 50 },
);
const someWindows = fc.record({
  size: fc.integer({ min: 1, max: 30 }),
  advance: fc.integer({ min: 1, max: 30 }),
  grace: fc.integer({ min: 0, max: 40 }),
});
type Windows = { readonly size: number; readonly advance: number; readonly grace: number };

function topologyOf(
  { size, advance, grace }: Windows,
  windowsOnce: boolean,
  use: (table: InsertOnlyKTable<Windowed<string>, number>) => void = () => {},
): Topology {
  const builder = new StreamsBuilder({ optimize: { windowsOnce } });
  const windows = TimeWindows.of(size).advanceBy(Math.min(size, advance)).grace(grace);
  const table = builder
    .stream(withNulls(input))
    .groupByKey()
    .windowedBy(windows)
    // A sum of zero is no row: the window is deleted, and may come back.
    .aggregate({
      initial: () => 0,
      add: (sum, value) => sum + value || null!,
      as: 'sums',
      value: json<number>(),
    });
  use(table);
  const final = table.suppress(untilWindowCloses());
  final.toStream().to(output);
  return builder.build();
}

function run(
  topology: Topology,
  events: readonly Event[],
  { restartAfter, cacheMaxBytes }: RunOptions,
): string[] {
  const driver = new TopologyTestDriver(topology, { cacheMaxBytes });
  const topicIn = driver.createInputTopic(withNulls(input));
  let timestamp = 0;
  for (const [index, { key, value, after, header }] of events.entries()) {
    timestamp = Math.max(0, timestamp + after);
    const headers = header === undefined ? [] : [{ key: 'h', value: Buffer.from(header) }];
    topicIn.pipeInput(key!, value, { timestamp, headers });
    if (index + 1 === restartAfter) driver.restart();
  }
  const shown = (one: Parameters<typeof show>[0]): string =>
    [
      show(one),
      ...one.headers.map((header) => `${header.key}:${Buffer.from(header.value!).toString()}`),
    ].join(' ');
  return driver.createOutputTopic(output).readRecordsToList().map(shown);
}

test('windows kept once give the results of windows held back in a buffer', () => {
  let results = 0;
  fc.assert(
    fc.property(someEvents, someWindows, someRun, (events, windows, how) => {
      const once = run(topologyOf(windows, true), events, how);
      // A cache leaves changes out, and with them what the buffer would send in between; not what it sends.
      expect(once).toEqual(run(topologyOf(windows, false), events, { ...how, cacheMaxBytes: 0 }));
      results += once.length;
    }),
    { numRuns: 300 },
  );
  expect(results).toBeGreaterThan(500);
});

test('there is one store, in memory and in the log', () => {
  const windows = { size: 10, advance: 10, grace: 0 };
  const names = (windowsOnce: boolean): string[] => [...topologyOf(windows, windowsOnce).stores.keys()];
  expect(names(false)).toHaveLength(2);
  expect(names(true)).toHaveLength(1);
  expect(names(true)).not.toContainEqual(expect.stringContaining('SUPPRESS'));
  expect(topologyOf(windows, true).stores.get('sums')).toMatchObject({
    indexedByTime: true,
    keepsHeaders: true,
  });
  // Names of what comes after are as they were.
  const nodes = (windowsOnce: boolean): string[] => [...topologyOf(windows, windowsOnce).nodes.keys()];
  expect(nodes(true)).toEqual(nodes(false));
});

test('windows that are used before they close are held back in a buffer', () => {
  const windows = { size: 10, advance: 10, grace: 0 };
  const early = topic('early', { key: json<unknown>(), value: json<number>() });
  const topology = topologyOf(windows, true, (table) => table.toStream().to(early));
  expect(topology.stores.size).toBe(2);
  const looked = new StreamsBuilder({ optimize: { windowsOnce: true } });
  const table = looked
    .stream(withNulls(input))
    .groupByKey()
    .windowedBy(TimeWindows.of(10))
    .count({ as: 'counts' });
  const final = table.suppress(untilWindowCloses());
  final
    .join(
      final.mapValues((value) => value),
      (a, b) => a + b,
    )
    .toStream()
    .to(output);
  expect([...looked.build().stores.keys()]).toContain('counts');
  expect([...looked.build().stores.values()].map(({ kind }) => kind)).toContain('time-ordered-buffer');
  const regrouped = new StreamsBuilder({ optimize: { windowsOnce: true } });
  regrouped
    .stream(withNulls(input))
    .groupByKey()
    .windowedBy(TimeWindows.of(10))
    .count()
    .suppress(untilWindowCloses())
    .groupBy((value, { key }) => [key, value], { key: string(), value: json<number>() })
    .count();
  expect([...regrouped.build().stores.values()].map(({ kind }) => kind)).toContain('time-ordered-buffer');
  const limited = new StreamsBuilder({ optimize: { windowsOnce: true } });
  limited
    .stream(withNulls(input))
    .groupByKey()
    .windowedBy(TimeWindows.of(10))
    .count()
    .suppress(untilWindowCloses({ buffer: { maxRecords: 10, whenFull: 'shutdown' } }));
  expect(limited.build().stores.size).toBe(2);
});

test('an application that held windows back keeps its state, and no result is sent twice or lost', {
  timeout: 30_000,
}, async () => {
  await withLog(async (log, dir) => {
    const out = topic('output', {
      key: json<{ key: string; window: { start: number } }>(),
      value: json<number>(),
    });
    await log.admin.createTopics([
      { name: input.name, partitions: 1 },
      { name: out.name, partitions: 1 },
    ]);
    const windows = { size: 10, advance: 10, grace: 5 };
    const run = async (once: boolean, records: readonly [string, number, number][]): Promise<string[]> => {
      const app = new StreamsApp(topologyOf(windows, once), { applicationId: 'app', log, stateDir: dir });
      await app.start();
      await write(log, input, records);
      await caughtUp(log, 'app', input.name);
      await app.close();
      return (await readTopic(log, out)).map(({ key, value }) => `${key.key}@${key.window.start}=${value}`);
    };
    const before = ['a@0=3', 'b@0=4'];
    // At 15 the first windows close; the second ones wait, in the buffer and in the store.
    expect(
      await run(false, [
        ['a', 1, 1],
        ['b', 4, 2],
        ['a', 2, 9],
        ['a', 5, 12],
        ['b', 1, 15],
      ]),
    ).toEqual(before);
    expect(await run(true, [['b', 2, 16]])).toEqual(before);
    const after = [...before, 'a@10=5', 'b@10=3'];
    expect(await run(true, [['a', 7, 25]])).toEqual(after);
    expect(await run(true, [['a', 1, 35]])).toEqual([...after, 'a@20=7']);
  });
});

test('results sent on close have the headers of their last record where they are kept', () => {
  const results = (keepHeaders: boolean, windows: 'time' | 'sliding' | 'session'): unknown[] => {
    const builder = new StreamsBuilder();
    const stream = builder.stream(withNulls(input)).groupByKey();
    const options = { emit: EmitStrategy.onWindowClose, keepHeaders };
    const table =
      windows === 'time'
        ? stream.windowedBy(TimeWindows.of(10), options).count()
        : windows === 'sliding'
          ? stream.windowedBy(SlidingWindows.of(10), options).count()
          : stream.windowedBy(SessionWindows.of(10), options).count();
    table.toStream().to(output);
    const driver = new TopologyTestDriver(builder.build());
    const topicIn = driver.createInputTopic(withNulls(input));
    for (const [key, timestamp, header] of [
      ['a', 1, 'first'],
      ['a', 2, 'second'],
      ['b', 3, 'other'],
      ['c', 100, 'closing'],
    ] as const) {
      topicIn.pipeInput(key, 1, { timestamp, headers: [{ key: 'h', value: Buffer.from(header) }] });
      driver.restart();
    }
    return driver
      .createOutputTopic(output)
      .readRecordsToList()
      .map(({ key, headers }) => [
        (key as { key: string }).key,
        headers.map(({ value }) => Buffer.from(value!).toString()).join(),
      ]);
  };
  for (const windows of ['time', 'session'] as const) {
    expect(results(true, windows)).toEqual([
      ['a', 'second'],
      ['b', 'other'],
    ]);
    expect(results(false, windows)).toEqual([
      ['a', 'closing'],
      ['b', 'closing'],
    ]);
  }
  const sliding = results(true, 'sliding');
  expect(sliding).toContainEqual(['a', 'second']);
  expect(sliding).not.toContainEqual(['a', 'closing']);
});
