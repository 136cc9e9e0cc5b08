import { StreamsBuilder, string, type Topic, topic } from '@millrace/streams-core';
import { TopologyTestDriver } from '@millrace/testing';
import fc from 'fast-check';
import { output } from './support.ts';

/** A record of one of a property's inputs. */
export interface Event {
  readonly side: 'left' | 'right';
  readonly key: string;
  readonly value: string | null;
  readonly timestamp: number;
}

export const left = topic('left', { key: string(), value: string() });
export const right = topic('right', { key: string(), value: string() });

/** Few keys and times close together, so that records meet; out of order, now and then with a far jump. */
export function someEvents(options: {
  readonly tombstones: boolean;
  readonly sides?: readonly ('left' | 'right')[];
}) {
  const { tombstones, sides = ['left', 'right'] } = options;
  const value = fc.string({ minLength: 1, maxLength: 2, unit: fc.constantFrom('a', 'b', 'c', 'd') });
  return fc.array(
    fc.record({
      side: fc.constantFrom(...sides),
      key: fc.constantFrom('k', 'l', 'm'),
      value: tombstones ? fc.option(value, { freq: 4 }) : value,
      timestamp: fc.oneof(
        { weight: 20, arbitrary: fc.integer({ min: 0, max: 60 }) },
        { weight: 1, arbitrary: fc.integer({ min: 100, max: 400 }) },
      ),
    }),
    { maxLength: 25 },
  ) as fc.Arbitrary<Event[]>;
}

/**
 * How a run goes: where it is restarted from its changelogs, and whether changes of tables wait for commits.
 */
export interface RunOptions {
  readonly restartAfter: number;
  readonly cacheMaxBytes: number;
}

export const someRun: fc.Arbitrary<RunOptions> = fc.record({
  restartAfter: fc.integer({ min: -1, max: 25 }),
  cacheMaxBytes: fc.constantFrom(0, 1, 1 << 20),
});

export interface Result {
  readonly key: unknown;
  readonly value: unknown;
  readonly timestamp: number;
}

/** Pipes events into a topology whose results go to `output`, with a restart in the middle. */
export function run(
  build: (builder: StreamsBuilder) => void,
  events: readonly Event[],
  { restartAfter, cacheMaxBytes }: RunOptions = { restartAfter: -1, cacheMaxBytes: 0 },
): Result[] {
  const builder = new StreamsBuilder();
  build(builder);
  const driver = new TopologyTestDriver(builder.build(), { cacheMaxBytes });
  pipe(driver, events, restartAfter);
  return driver.createOutputTopic(output).readRecordsToList();
}

export function pipe(driver: TopologyTestDriver, events: readonly Event[], restartAfter = -1): void {
  for (const [index, { side, key, value, timestamp }] of events.entries()) {
    const source: Topic<string, string> = side === 'left' ? left : right;
    driver.createInputTopic(source).pipeInput(key, value, { timestamp });
    if (index === restartAfter) driver.restart();
  }
}

/** The last value of each key; deleted ones are not there. */
export function tableOf(results: readonly Result[]): Record<string, unknown> {
  const table: Record<string, unknown> = {};
  for (const { key, value } of results) {
    const name = typeof key === 'string' ? key : JSON.stringify(key);
    if (value === null) delete table[name];
    else table[name] = value;
  }
  return table;
}
