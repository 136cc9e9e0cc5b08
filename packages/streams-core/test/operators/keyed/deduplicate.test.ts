import fc from 'fast-check';
import { expect, test } from 'vitest';
import { left, run, someEvents, someRun } from '../oracle-support.ts';
import { input, output, through } from '../support.ts';

test('equal records go through once in their time, by key or by what you say', () => {
  const records = [
    ['a', 1, 0],
    ['a', 1, 5],
    ['a', 2, 6],
    ['b', 1, 7],
    ['a', 1, 20],
  ] as const;
  expect(through(input, (stream) => stream.deduplicate({ withinMs: 10 }), records)).toEqual([
    'a=1@0',
    'b=1@7',
    'a=1@20',
  ]);
  const by = (value: number, key: string): string => `${key}/${value}`;
  expect(through(input, (stream) => stream.deduplicate({ withinMs: 10, by }), records)).toEqual([
    'a=1@0',
    'a=2@6',
    'b=1@7',
    'a=1@20',
  ]);
});

test('a record goes through exactly when none that went through is so near, whatever the order and restarts', () => {
  fc.assert(
    fc.property(
      someEvents({ tombstones: false, sides: ['left'] }),
      fc.integer({ min: 0, max: 20 }),
      someRun,
      (events, withinMs, how) => {
        const near = events.map(({ timestamp, ...event }) => ({ ...event, timestamp: timestamp % 41 }));
        const passed: typeof near = [];
        for (const event of near) {
          const equal = passed.some(
            ({ key, timestamp }) => key === event.key && Math.abs(timestamp - event.timestamp) <= withinMs,
          );
          if (!equal) passed.push(event);
        }
        // All within one segment of the store: what is older than its retention may be forgotten.
        const results = run(
          (builder) => builder.stream(left).deduplicate({ withinMs, as: 'seen' }).to(output),
          near,
          how,
        );
        if (withinMs < 20) return;
        expect(results.map(({ key, timestamp }) => [key, timestamp])).toEqual(
          passed.map(({ key, timestamp }) => [key, timestamp]),
        );
      },
    ),
    { numRuns: 1000 },
  );
});
