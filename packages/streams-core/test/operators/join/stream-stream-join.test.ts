import { JoinWindows, StreamsBuilder, string, TopologyError, topic } from '@millrace/streams-core';
import { TopologyTestDriver } from '@millrace/testing';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { output, withNulls } from '../support.ts';
import { type Event, type Kind, left, open, right } from './stream-stream-support.ts';

const run = (kind: Kind, windows: JoinWindows, events: readonly Event[]): string[][] => {
  const { pipe } = open(kind, windows);
  return events.map(pipe);
};

test('inner: records join both ways, within the window, at the later time (KStreamKStreamJoin)', () => {
  expect(
    run('join', JoinWindows.of(10).grace(100), [
      ['left', 'k', 'A', 10],
      ['right', 'k', 'x', 20],
      ['right', 'k', 'y', 21],
      ['right', 'k', 'z', 0],
      ['left', 'k', 'B', 15],
      ['left', 'other', 'C', 15],
    ]),
  ).toEqual([[], ['k="A+x"@20'], [], ['k="A+z"@10'], ['k="B+x"@20', 'k="B+y"@21'], []]);
});

test('before and after of a join window are relative to the left record', () => {
  const windows = JoinWindows.of(0).before(5).after(20).grace(100);
  expect(
    run('join', windows, [
      ['left', 'k', 'A', 100],
      ['right', 'k', 'early', 94],
      ['right', 'k', 'first', 95],
      ['right', 'k', 'last', 120],
      ['right', 'k', 'late', 121],
    ]),
  ).toEqual([[], [], ['k="A+first"@100'], ['k="A+last"@120'], []]);
});

test('records with the same key and time are all kept', () => {
  expect(
    run('join', JoinWindows.of(10), [
      ['left', 'k', 'A', 1],
      ['left', 'k', 'B', 1],
      ['right', 'k', 'x', 1],
    ]),
  ).toEqual([[], [], ['k="A+x"@1', 'k="B+x"@1']]);
});

test('left: what has no partner comes once window and grace have passed, before what made them pass', () => {
  expect(
    run('leftJoin', JoinWindows.of(10).grace(5), [
      ['left', 'b', 'B', 1],
      ['left', 'a', 'A', 1],
      ['right', 'a', 'x', 3],
      ['right', 'c', 'unseen', 3],
      ['left', 'd', 'D', 16],
      ['right', 'd', 'y', 17],
    ]),
  ).toEqual([[], [], ['a="A+x"@3'], [], [], ['b="B+null"@1', 'd="D+y"@17']]);
});

test('a record without a partner is emitted in the first millisecond after window and grace, not before', () => {
  for (const [windows, waitMs] of [
    [JoinWindows.of(10).grace(5), 15],
    [JoinWindows.of(10).after(3).grace(5), 8],
    [JoinWindows.of(10).before(3).grace(0), 10],
  ] as const) {
    const results = run('leftJoin', windows, [
      ['left', 'k', 'A', 100],
      ['left', 'other', 'x', 100 + waitMs],
      ['left', 'other', 'y', 100 + waitMs + 1],
    ]);
    expect(results.map((found) => found.length)).toEqual([0, 0, 1]);
  }
});

test('outer: of both sides, by time, the right side first, then by key', () => {
  expect(
    run('outerJoin', JoinWindows.of(10), [
      ['left', 'b', 'B', 1],
      ['left', 'a', 'A', 1],
      ['right', 'z', 'z', 1],
      ['right', 'y', 'y', 0],
      ['right', 'far', 'f', 100],
    ]).at(-1),
  ).toEqual(['y="null+y"@0', 'z="null+z"@1', 'a="A+null"@1', 'b="B+null"@1']);
});

test('a partner within the grace takes what waits out', () => {
  expect(
    run('outerJoin', JoinWindows.of(10).grace(50), [
      ['left', 'k', 'A', 1],
      ['left', 'x', 'X', 30],
      ['right', 'k', 'late', 5],
      ['left', 'end', 'E', 500],
    ]),
  ).toEqual([[], [], ['k="A+late"@5'], ['x="X+null"@30']]);
});

test('null keys come through at once on a kept side and are dropped on the other; null values always are', () => {
  const { pipe, driver } = open('leftJoin', JoinWindows.of(10));
  expect(pipe(['left', null, 'A', 1])).toEqual(['null="A+null"@1']);
  expect(pipe(['right', null, 'x', 1])).toEqual([]);
  expect(pipe(['left', 'k', null, 1])).toEqual([]);
  expect(driver.droppedRecords).toBe(2);
});

test('a stream joins itself', () => {
  const builder = new StreamsBuilder();
  const stream = builder.stream(withNulls(left));
  stream.join(stream, (a, b) => a + b, JoinWindows.of(5)).to(output);
  const driver = new TopologyTestDriver(builder.build());
  driver.createInputTopic(left).pipeKeyValueList(
    [
      ['k', 'A'],
      ['k', 'B'],
    ],
    { startTimestampMs: 1, autoAdvanceMs: 2 },
  );
  expect(driver.createOutputTopic(output).readValuesToList()).toEqual(['AA', 'BA', 'AB', 'BB']);
});

test('its nodes and stores are called as in Kafka Streams', () => {
  const builder = new StreamsBuilder();
  builder.stream(withNulls(left)).leftJoin(builder.stream(withNulls(right)), () => 0, JoinWindows.of(5));
  const topology = builder.build();
  expect([...topology.stores.keys()]).toEqual([
    'KSTREAM-JOINTHIS-0000000004-store',
    'KSTREAM-OUTEROTHER-0000000005-store',
    'KSTREAM-OUTERSHARED-0000000004-store',
  ]);
  expect([...topology.nodes.keys()].slice(2)).toEqual([
    'KSTREAM-WINDOWED-0000000002',
    'KSTREAM-WINDOWED-0000000003',
    'KSTREAM-JOINTHIS-0000000004',
    'KSTREAM-OUTEROTHER-0000000005',
    'KSTREAM-MERGE-0000000006',
  ]);
});

test('windows that hold nothing are refused', () => {
  expect(() => JoinWindows.of(10).before(-20)).toThrow(TopologyError);
  expect(() => JoinWindows.of(-1)).toThrow(/difference must be a whole number/);
});

describe('against all pairs', () => {
  const events = fc.array(
    fc.tuple(
      fc.constantFrom('left' as const, 'right' as const),
      fc.constantFrom('a', 'b'),
      fc.integer({ min: 0, max: 60 }),
    ),
    { maxLength: 25 },
  );
  const spans = fc.record({
    before: fc.integer({ min: 0, max: 15 }),
    after: fc.integer({ min: 0, max: 15 }),
  });

  /**
   * Every pair within the window; and, of a kept side, every record that had no partner when its time had
   * come.
   */
  function oracle(
    kind: Kind,
    input: readonly Event[],
    { before, after }: { before: number; after: number },
  ): string[] {
    const results: string[] = [];
    const joins = ([, key, , l]: Event, [, other, , r]: Event) =>
      key === other && r >= l - before && r <= l + after;
    for (const a of input)
      for (const b of input)
        if (a[0] === 'left' && b[0] === 'right' && joins(a, b))
          results.push(`${a[1]}="${a[2]}+${b[2]}"@${Math.max(a[3], b[3])}`);
    let streamTime = -1;
    for (const [index, event] of input.entries()) {
      const [side, key, value, timestamp] = event;
      streamTime = Math.max(streamTime, timestamp);
      if (kind === 'join' || (kind === 'leftJoin' && side === 'right')) continue;
      const isPartner = (other: Event) =>
        other[0] !== side && (side === 'left' ? joins(event, other) : joins(other, event));
      const closedAlready = timestamp + (side === 'left' ? after : before) < streamTime;
      const came = input.slice(0, index).some(isPartner);
      const comes = !closedAlready && input.slice(index).some(isPartner);
      if (!came && !comes)
        results.push(
          side === 'left' ? `${key}="${value}+null"@${timestamp}` : `${key}="null+${value}"@${timestamp}`,
        );
    }
    return results.toSorted((x, y) => (x < y ? -1 : 1));
  }

  test.each(['join', 'leftJoin', 'outerJoin'] as const)('%s', (kind) => {
    fc.assert(
      fc.property(
        events,
        spans,
        fc.integer({ min: -1, max: 25 }),
        (drawn, { before, after }, restartAfter) => {
          const input = drawn.map(
            ([side, key, timestamp], n): Event => [side, key, `${side[0]}${n}`, timestamp],
          );
          const { pipe, restart } = open(kind, JoinWindows.of(0).before(before).after(after).grace(1000));
          const results = input.flatMap((event, n) => {
            const found = pipe(event);
            if (n === restartAfter) restart();
            return found;
          });
          // Far enough ahead, on both sides, to close every window.
          results.push(
            ...pipe(['left', 'end', 'E', 10_000]),
            ...pipe(['right', 'end', 'E', 20_000]),
            ...pipe(['left', 'end', 'E', 30_000]),
          );
          const found = results
            .filter((result) => !result.startsWith('end'))
            .toSorted((x, y) => (x < y ? -1 : 1));
          expect(found).toEqual(oracle(kind, input, { before, after }));
        },
      ),
      { numRuns: 1000 },
    );
  });
});

test('a join of two streams without windows is refused, with what to write', () => {
  const stream = new StreamsBuilder().stream(topic('in', { key: string(), value: string() }));
  expect(() => stream.join(stream, (left, right) => left + right)).toThrow(
    /^A join of two streams needs windows: .* JoinWindows\.of/,
  );
});
