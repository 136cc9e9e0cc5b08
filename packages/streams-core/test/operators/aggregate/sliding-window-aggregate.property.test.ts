import {
  EmitStrategy,
  long,
  nullable,
  SlidingWindows,
  StreamsBuilder,
  string,
  topic,
  type Windowed,
} from '@millrace/streams-core';
import { TopologyTestDriver } from '@millrace/testing';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { type Event, left, type Result, run, someEvents, someRun, tableOf } from '../oracle-support.ts';
import { output } from '../support.ts';

const someDifference = fc.integer({ min: 1, max: 20 });
/** So long that no record is late: then the windows depend on the whole input only. */
const noneLate = 1000;

/**
 * Every distinct set of a key's records that a window of this length can hold: for each record the window
 * that ends with it and the one that starts right after it, where that is not empty. Windows that would start
 * before 0 start at 0.
 */
function oracle(events: readonly Event[], difference: number): Record<string, string> {
  const windows: Record<string, string> = {};
  for (const { key, timestamp } of events) {
    for (const start of [Math.max(0, timestamp - difference), timestamp + 1]) {
      const values = events
        .filter(
          (event) => event.key === key && event.timestamp >= start && event.timestamp <= start + difference,
        )
        .map(({ value }) => value!);
      if (values.length > 0) windows[`${key}[${start},${start + difference}]`] = values.sort().join('');
    }
  }
  return windows;
}

function named(results: readonly Result[]): Result[] {
  return results.map((result) => {
    const { key, window } = result.key as Windowed<string>;
    return { ...result, key: `${key}[${window.start},${window.end}]` };
  });
}

const sorted = (a: string, b: string): string => (a + b).split('').sort().join('');

test('each distinct set of records has its window, whatever the order, restarts and caches', () => {
  fc.assert(
    fc.property(
      someEvents({ tombstones: false, sides: ['left'] }),
      someDifference,
      someRun,
      (events, difference, how) => {
        const letters = events.map((event) => ({ ...event, value: event.value![0]! }));
        const results = run(
          (builder) =>
            builder
              .stream(left)
              .groupByKey()
              .windowedBy(SlidingWindows.of(difference).grace(noneLate))
              .reduce(sorted)
              .toStream()
              .to(output),
          letters,
          how,
        );
        expect(tableOf(named(results))).toEqual(oracle(letters, difference));
      },
    ),
    { numRuns: 1000 },
  );
});

test('emitted on close, every window comes out once, as its updates left it', () => {
  fc.assert(
    fc.property(
      someEvents({ tombstones: false, sides: ['left'] }),
      someDifference,
      fc.integer({ min: 0, max: 30 }),
      someRun,
      (events, difference, grace, how) => {
        const letters = events.map((event) => ({ ...event, value: event.value![0]! }));
        const windows = SlidingWindows.of(difference).grace(grace);
        const results = (emit: EmitStrategy) =>
          named(
            run(
              (builder) =>
                builder
                  .stream(left)
                  .groupByKey()
                  .windowedBy(windows, { emit })
                  // Stores whose windows are sent on close show a millisecond more of their retention.
                  .reduce(sorted, { retentionMs: 1000 })
                  .toStream()
                  .to(output),
              letters,
              how,
            ),
          );
        const streamTime = Math.max(-1, ...letters.map(({ timestamp }) => timestamp));
        const closed = Object.entries(tableOf(results(EmitStrategy.onWindowUpdate))).filter(
          ([name]) => Number(/,(\d+)\]/.exec(name)![1]) < streamTime - grace,
        );
        const final = results(EmitStrategy.onWindowClose);
        expect(tableOf(final)).toEqual(Object.fromEntries(closed));
        expect(new Set(final.map(({ key }) => key)).size).toBe(final.length);
      },
    ),
    { numRuns: 1000 },
  );
});

test('a table of sliding windows that is grouped again takes the former count of a window back', () => {
  const builder = new StreamsBuilder();
  builder
    .stream(topic('in', { key: string(), value: string() }))
    .groupByKey()
    .windowedBy(SlidingWindows.of(100).grace(1000))
    .count()
    .groupBy((count, { key }) => [key, count], { key: string(), value: long() })
    .reduce({ add: (sum, count) => sum + count, subtract: (sum, count) => sum - count })
    .toStream()
    .to(topic('sums', { key: string(), value: nullable(long()) }));
  const driver = new TopologyTestDriver(builder.build());
  const pipe = driver.createInputTopic(topic('in', { key: string(), value: string() }));
  for (let n = 0; n < 3; n++) pipe.pipeInput('a', 'x', { timestamp: 1000 });
  const sums = driver.createOutputTopic(topic('sums', { key: string(), value: nullable(long()) }));
  // One window, with three records in the end: not the sum of all that it has ever counted.
  expect(sums.readValuesToList().at(-1)).toBe(3);
});
