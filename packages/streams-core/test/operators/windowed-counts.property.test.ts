import {
  EmitStrategy,
  json,
  StreamsBuilder,
  string,
  TimeWindows,
  topic,
  untilWindowCloses,
} from '@millrace/streams-core';
import { TopologyTestDriver } from '@millrace/testing';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { type RunOptions, someRun } from './oracle-support.ts';
import { output } from './support.ts';

const events = topic('events', { key: string(), value: json<number>() });

interface Event {
  readonly key: string;
  readonly timestamp: number;
}

const someEvents = fc.array(
  fc.record({ key: fc.constantFrom('a', 'b', 'c'), timestamp: fc.integer({ min: 0, max: 120 }) }),
  { maxLength: 40 },
);
const someWindows = fc
  .record({
    size: fc.integer({ min: 1, max: 30 }),
    advance: fc.integer({ min: 1, max: 30 }),
    grace: fc.integer({ min: 0, max: 40 }),
  })
  .map(({ size, advance, grace }) => ({ size, advance: Math.min(size, advance), grace }));

type Windows = { readonly size: number; readonly advance: number; readonly grace: number };

/**
 * What every window of every key holds in the end, and which of them have closed: all from the whole input at
 * once.
 */
function oracle(input: readonly Event[], { size, advance, grace }: Windows) {
  const counts = new Map<string, number>();
  let streamTime = -1;
  for (const { key, timestamp } of input) {
    streamTime = Math.max(streamTime, timestamp);
    for (let start = 0; start <= timestamp; start += advance) {
      if (timestamp >= start + size || start + size <= streamTime - grace) continue;
      const name = `${key}[${start},${start + size})`;
      counts.set(name, (counts.get(name) ?? 0) + 1);
    }
  }
  const closed = [...counts].filter(([name]) => Number(/,(\d+)\)/.exec(name)![1]) <= streamTime - grace);
  return { counts, closed: new Map(closed) };
}

type How = 'updates' | 'suppressed' | 'on close';

function run(
  input: readonly Event[],
  { size, advance, grace }: Windows,
  how: How,
  { restartAfter, cacheMaxBytes }: RunOptions,
): (readonly [string, number])[] {
  const builder = new StreamsBuilder();
  const windows = TimeWindows.of(size).advanceBy(advance).grace(grace);
  const emit = how === 'on close' ? EmitStrategy.onWindowClose : EmitStrategy.onWindowUpdate;
  const counted = builder.stream(events).groupByKey().windowedBy(windows, { emit }).count();
  (how === 'suppressed' ? counted.suppress(untilWindowCloses()) : counted).toStream().to(output);
  const driver = new TopologyTestDriver(builder.build(), { cacheMaxBytes });
  const topicIn = driver.createInputTopic(events);
  for (const [index, { key, timestamp }] of input.entries()) {
    topicIn.pipeInput(key, 1, { timestamp });
    if (index === restartAfter) driver.restart();
  }
  return driver
    .createOutputTopic(output)
    .readKeyValuesToList()
    .map(([windowed, count]) => {
      const { key, window } = windowed as { key: string; window: { start: number; end: number } };
      return [`${key}[${window.start},${window.end})`, count as number] as const;
    });
}

test('the last update of every window is what the whole input gives, out of order and late records included', () => {
  fc.assert(
    fc.property(someEvents, someWindows, someRun, (input, windows, options) => {
      expect(new Map(run(input, windows, 'updates', options))).toEqual(oracle(input, windows).counts);
    }),
    { numRuns: 1000 },
  );
});

test.each(['suppressed', 'on close'] as const)(
  '%s, every closed window comes out once, and no other',
  (how) => {
    fc.assert(
      fc.property(someEvents, someWindows, someRun, (input, windows, options) => {
        const results = run(input, windows, how, options);
        expect(new Map(results)).toEqual(oracle(input, windows).closed);
        expect(results).toHaveLength(new Map(results).size);
      }),
      { numRuns: 1000 },
    );
  },
);
