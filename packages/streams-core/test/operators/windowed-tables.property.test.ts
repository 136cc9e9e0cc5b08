import {
  type Change,
  type KTable,
  SessionWindows,
  SlidingWindows,
  StreamsBuilder,
  TimeWindows,
  UnlimitedWindows,
  type Windowed,
} from '@millrace/streams-core';
import { TopologyTestDriver } from '@millrace/testing';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { left, pipe, right, someEvents } from './oracle-support.ts';
import { output, show } from './support.ts';

const kinds = [
  ['tumbling', TimeWindows.of(10).grace(30)],
  ['hopping', TimeWindows.of(10).advanceBy(4).grace(30)],
  ['sliding', SlidingWindows.of(10).grace(30)],
  ['session', SessionWindows.of(5).grace(30)],
  ['unlimited', UnlimitedWindows.of()],
] as const;

const counted = (builder: StreamsBuilder, side: typeof left, windows: (typeof kinds)[number][1]) =>
  builder
    .stream(side)
    .groupByKey()
    .windowedBy(windows as TimeWindows)
    .count() as KTable<Windowed<string>, number>;

const keyOf = ({ key, window }: Windowed<string>): string => `${key} ${window.start} ${window.end}`;

// As in Kafka Streams, a session of one instant that grows in place and the sliding window that ends a
// difference
// after another record are sent without the row that they replace.
describe.each(kinds.filter(([name]) => name !== 'sliding' && name !== 'session'))(
  'a table of %s windows',
  (_name, windows) => {
    test('sends with each change of a row what the row was before', () => {
      fc.assert(
        fc.property(someEvents({ tombstones: false, sides: ['left'] }), (events) => {
          const builder = new StreamsBuilder();
          const rows = new Map<string, number>();
          const wrong: string[] = [];
          counted(builder, left, windows)
            .toObservable()
            .subscribe(
              ({ key, value: { newValue, oldValue } }: { key: Windowed<string>; value: Change<number> }) => {
                const name = keyOf(key);
                if (oldValue !== (rows.get(name) ?? null)) wrong.push(`${name}: ${oldValue} -> ${newValue}`);
                if (newValue === null) rows.delete(name);
                else rows.set(name, newValue);
              },
            );
          pipe(new TopologyTestDriver(builder.build()), events);
          expect(wrong).toEqual([]);
        }),
      );
    });
  },
);

describe.each(kinds)('a table of %s windows', (_name, windows) => {
  test('is looked up by key and window in a join with another', () => {
    const builder = new StreamsBuilder();
    const [one, other] = [counted(builder, left, windows), counted(builder, right, windows)];
    one
      .join(other, (a, b) => `${a}+${b}`)
      .toStream()
      .to(output);
    const driver = new TopologyTestDriver(builder.build());
    const event = { key: 'k', value: 'v', timestamp: 12 };
    pipe(driver, [
      { ...event, side: 'left' },
      { ...event, side: 'right' },
      { ...event, side: 'right', key: 'l' },
    ]);
    const results = driver.createOutputTopic(output).readRecordsToList().map(show);
    expect(results.length).toBeGreaterThan(0);
    for (const result of results) expect(result).toMatch(/^k\[\d+,(\d+|null)\)="1\+1"@12$/);
  });
});

test('hopping windows that advance by more than their size are refused: records would be in none', () => {
  expect(() => TimeWindows.of(10).advanceBy(10)).not.toThrow();
  expect(() => TimeWindows.of(10).advanceBy(11)).toThrow(/advance \(11 ms\).*size \(10 ms\)/);
});
