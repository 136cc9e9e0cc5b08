import { JoinWindows, StreamsBuilder } from '@millrace/streams-core';
import { TopologyTestDriver } from '@millrace/testing';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { type Event, left, right, someEvents } from '../oracle-support.ts';
import { output, show } from '../support.ts';
import { type Kind, open } from './stream-stream-support.ts';

interface Windows {
  readonly before: number;
  readonly after: number;
  readonly grace: number;
}

interface Kept extends Event {
  /** Without a partner, and not sent yet. */
  waits: boolean;
}

const keysOf = (kept: Kept): string => `${kept.timestamp} ${kept.side} ${kept.key}`;

/**
 * A list of all records of both sides, gone through for each new one. The rules are those of
 * KStreamKStreamJoin: a side looks for what has waited long enough when it moves time on, and must find it
 * where its own wait for the earliest of them has passed; before that it may, as `found` says, because what
 * partners took out still counts as the earliest until a look. Results come by time, the right side first,
 * then by key; a partner that comes in time takes out everything of its time.
 */
function oracle(
  kind: Kind,
  { before, after, grace }: Windows,
  events: readonly Event[],
  found: readonly (readonly string[])[],
): string[][] {
  const records: Kept[] = [];
  const keeps = { left: kind !== 'join', right: kind === 'outerJoin' };
  const afterOf = (side: Event['side']): number => (side === 'left' ? after : before);
  let streamTime = -1;
  const largest = { left: -1, right: -1 };
  const text = ({ side, value }: Event, other: string | null): string =>
    side === 'left' ? `${value}+${other}` : `${other}+${value}`;
  return events.map((event, index) => {
    const { side, key, timestamp } = event;
    const results: string[] = [];
    const send = (value: string, at: number, of: string): number => results.push(`${of}="${value}"@${at}`);
    streamTime = Math.max(streamTime, timestamp);
    const other = side === 'left' ? 'right' : 'left';
    largest[side] = Math.max(largest[side], timestamp);
    if (timestamp === streamTime) {
      const waiting = records.filter(({ waits }) => waits);
      const earliest = Math.min(...waiting.map((one) => one.timestamp));
      const closed = waiting
        .filter((one) => one.timestamp + afterOf(one.side) + grace < streamTime)
        .map((one, place) => ({ one, place }))
        .sort(
          (x, y) =>
            x.one.timestamp - y.one.timestamp ||
            Number(x.one.side === 'left') - Number(y.one.side === 'left') ||
            (x.one.key < y.one.key ? -1 : x.one.key > y.one.key ? 1 : x.place - y.place),
        );
      const alone = ({ one }: (typeof closed)[number]): string =>
        `${one.key}="${text(one, null)}"@${one.timestamp}`;
      const must = earliest + afterOf(side) + grace < streamTime;
      if (must || (closed[0] !== undefined && alone(closed[0]) === found[index]![0])) {
        for (const each of closed) {
          each.one.waits = false;
          results.push(alone(each));
        }
      }
    }
    // What its store has forgotten is no partner; one more is hidden than the retention says.
    const forgotten = largest[other] - (before + after + grace);
    const [reachBefore, reachAfter] = side === 'left' ? [before, after] : [after, before];
    const partners = records
      .filter(
        (one) =>
          one.side === other &&
          one.key === key &&
          one.timestamp > forgotten &&
          one.timestamp >= timestamp - reachBefore &&
          one.timestamp <= timestamp + reachAfter,
      )
      .map((one, place) => ({ one, place }))
      .sort((a, b) => a.one.timestamp - b.one.timestamp || a.place - b.place);
    for (const { one } of partners) {
      for (const same of records) if (keysOf(same) === keysOf(one)) same.waits = false;
      const [l, r] = side === 'left' ? [event, one] : [one, event];
      send(`${l.value}+${r.value}`, Math.max(timestamp, one.timestamp), key);
    }
    const isLate = timestamp + afterOf(side) < streamTime;
    const waits = partners.length === 0 && keeps[side] && !isLate;
    if (partners.length === 0 && keeps[side] && isLate) send(text(event, null), timestamp, key);
    records.push({ ...event, waits });
    return results;
  });
}

function run(
  kind: Kind,
  { before, after, grace }: Windows,
  events: readonly Event[],
  restartAfter: number,
): string[][] {
  const windows = JoinWindows.of(0).before(before).after(after).grace(grace);
  const { pipe, restart } = open(kind, windows);
  return events.map(({ side, key, value, timestamp }, index) => {
    const results = pipe([side, key, value, timestamp]);
    if (index === restartAfter) restart();
    return results;
  });
}

test.each(['join', 'leftJoin', 'outerJoin'] as const)(
  '%s gives, record for record, what going through the list of all records gives',
  (kind) => {
    const someWindows = fc.record({
      before: fc.integer({ min: 0, max: 12 }),
      after: fc.integer({ min: 0, max: 12 }),
      grace: fc.integer({ min: 0, max: 12 }),
    });
    fc.assert(
      fc.property(
        someEvents({ tombstones: false }),
        someWindows,
        fc.integer({ min: -1, max: 25 }),
        (events, windows, restartAfter) => {
          const found = run(kind, windows, events, restartAfter);
          expect(found).toEqual(oracle(kind, windows, events, found));
        },
      ),
      { numRuns: 1000 },
    );
  },
);

test('a side that moves time on looks for what waits once its own wait for the earliest has passed (as Kafka Streams)', () => {
  const windows = { before: 1, after: 9, grace: 6 };
  const waiting = { side: 'right', key: 'k', value: 'x', timestamp: 24 } as const;
  const moved = (side: 'left' | 'right', timestamp: number) => ({ side, key: 'l', value: 'm', timestamp });
  const alone = 'k="null+x"@24';
  expect(run('outerJoin', windows, [waiting, moved('left', 32)], -1)).toEqual([[], []]);
  expect(run('outerJoin', windows, [waiting, moved('left', 39)], -1)).toEqual([[], []]);
  expect(run('outerJoin', windows, [waiting, moved('left', 40)], -1)).toEqual([[], [alone]]);
  expect(run('outerJoin', windows, [waiting, moved('right', 31)], -1)).toEqual([[], []]);
  expect(run('outerJoin', windows, [waiting, moved('right', 32)], -1)).toEqual([[], [alone]]);
});

test('with an interval between emissions, both sides wait for it together', () => {
  const builder = new StreamsBuilder();
  builder
    .stream(left)
    .outerJoin(builder.stream(right), (a, b) => `${a}+${b}`, JoinWindows.of(5))
    .to(output);
  const driver = new TopologyTestDriver(builder.build(), { emitIntervalMs: 1000 });
  const sides = { left: driver.createInputTopic(left), right: driver.createInputTopic(right) };
  const results = driver.createOutputTopic(output);
  const step = (side: 'left' | 'right', key: string, timestamp: number): string[] => {
    sides[side].pipeInput(key, 'v', { timestamp });
    return results.readRecordsToList().map(show);
  };
  expect(step('left', 'a', 0)).toEqual([]);
  expect(step('left', 'b', 10)).toEqual(['a="v+null"@0']);
  // Closed, but within the interval, on either side.
  expect(step('right', 'c', 20)).toEqual([]);
  expect(step('left', 'd', 30)).toEqual([]);
  driver.advanceWallClockTime(999);
  expect(step('right', 'e', 40)).toEqual([]);
  driver.advanceWallClockTime(1);
  expect(step('left', 'f', 50)).toEqual(['b="v+null"@10', 'c="null+v"@20', 'd="v+null"@30', 'e="null+v"@40']);
});
