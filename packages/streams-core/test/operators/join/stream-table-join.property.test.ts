import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type Event, left, right, run, someEvents, someRun } from '../oracle-support.ts';
import { withNulls } from '../support.ts';
import { output } from '../support.ts';

const show = ({ key, value, timestamp }: { key: unknown; value: unknown; timestamp: number }): string =>
  `${String(key)}=${String(value)}@${timestamp}`;

describe.each([
  ['join', false],
  ['leftJoin', true],
] as const)('%s', (_kind, isLeft) => {
  /** Each record with the row of its key as it is when the record comes. */
  const plain = (events: readonly Event[]): string[] => {
    const rows = new Map<string, string | null>();
    const results: string[] = [];
    for (const { side, key, value, timestamp } of events) {
      if (side === 'right') rows.set(key, value);
      else {
        const row = rows.get(key) ?? null;
        if (value !== null && (row !== null || isLeft)) results.push(`${key}=${value}+${row}@${timestamp}`);
      }
    }
    return results;
  };

  test('each record meets the row of the moment, whatever the restarts', () => {
    fc.assert(
      fc.property(someEvents({ tombstones: true }), someRun, (events, how) => {
        const results = run(
          (builder) => {
            const [stream, table] = [builder.stream(withNulls(left)), builder.table(right)];
            const joiner = (value: string, row: string | null): string => `${value}+${row}`;
            (isLeft ? stream.leftJoin(table, joiner) : stream.join(table, joiner)).to(output);
          },
          events,
          // A cache lets the table lag behind what is joined with it; that is another matter.
          { ...how, cacheMaxBytes: 0 },
        );
        expect(results.map(show)).toEqual(plain(events));
      }),
      { numRuns: 1000 },
    );
  });

  /**
   * Each record waits for the grace, and meets the row that was valid at its time, of all that have come by
   * then.
   */
  const versioned = (events: readonly Event[], grace: number): string[] => {
    const versions: Event[] = [];
    let waiting: Event[] = [];
    let time = -1;
    const results: string[] = [];
    const join = ({ key, value, timestamp }: Event): void => {
      const known = versions.filter((one) => one.key === key && one.timestamp <= timestamp);
      const latest = Math.max(...known.map((one) => one.timestamp));
      const row = known.findLast((one) => one.timestamp === latest)?.value ?? null;
      if (row !== null || isLeft) results.push(`${key}=${value}+${row}@${timestamp}`);
    };
    for (const event of events) {
      if (event.side === 'right') versions.push(event);
      else if (event.value === null) continue;
      else if (event.timestamp < time - grace) join(event);
      else {
        time = Math.max(time, event.timestamp);
        waiting.push(event);
        const due = waiting.filter(({ timestamp }) => timestamp <= time - grace);
        waiting = waiting.filter((one) => !due.includes(one));
        // Sorting is stable: records of one time and key stay in the order in which they came.
        for (const one of due.sort(
          (a, b) => a.timestamp - b.timestamp || (a.key < b.key ? -1 : a.key > b.key ? 1 : 0),
        ))
          join(one);
      }
    }
    return results;
  };

  test('with a versioned table and a grace, each meets the row that was valid at its time', () => {
    fc.assert(
      fc.property(
        someEvents({ tombstones: true }),
        fc.integer({ min: 0, max: 40 }),
        someRun,
        (events, graceMs, how) => {
          const results = run(
            (builder) => {
              const stream = builder.stream(withNulls(left));
              const table = builder.table(right, { as: 'rows', historyRetentionMs: 1000 });
              const joiner = (value: string, row: string | null): string => `${value}+${row}`;
              (isLeft
                ? stream.leftJoin(table, joiner, { graceMs })
                : stream.join(table, joiner, { graceMs })
              ).to(output);
            },
            events,
            how,
          );
          expect(results.map(show)).toEqual(versioned(events, graceMs));
        },
      ),
      { numRuns: 1000 },
    );
  });
});
