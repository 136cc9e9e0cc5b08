import fc from 'fast-check';
import { expect, test } from 'vitest';
import { type Event, left, right, run, someEvents, someRun } from '../oracle-support.ts';
import { withNulls } from '../support.ts';
import { output } from '../support.ts';

/** Which row a value asks for; some ask for none. */
const asks: Readonly<Record<string, string>> = { a: 'k', b: 'l', c: 'm' };
const wanted = (value: string): string | null => asks[value[0]!] ?? null;

/** Each record with the row it asks for, whatever its own key, as that is when the record comes. */
function plain(events: readonly Event[], isLeft: boolean): string[] {
  const rows = new Map<string, string | null>();
  const results: string[] = [];
  for (const { side, key, value, timestamp } of events) {
    if (side === 'right') rows.set(key, value);
    else if (value !== null) {
      const row = rows.get(wanted(value) ?? '') ?? null;
      if (row !== null || isLeft) results.push(`${key}=${value}+${row}@${timestamp}`);
    }
  }
  return results;
}

test.each([
  ['join', false],
  ['leftJoin', true],
] as const)(
  '%s: each record meets the row it asks for, on every partition, whatever the restarts',
  (_kind, isLeft) => {
    fc.assert(
      fc.property(someEvents({ tombstones: true }), someRun, (events, how) => {
        const results = run(
          (builder) => {
            const [stream, table] = [builder.stream(withNulls(left)), builder.globalTable(right)];
            const select = (value: string): string | null => wanted(value);
            const joiner = (value: string, row: string | null): string => `${value}+${row}`;
            (isLeft ? stream.leftJoin(table, select, joiner) : stream.join(table, select, joiner)).to(output);
          },
          events,
          how,
        );
        const shown = results.map(
          ({ key, value, timestamp }) => `${String(key)}=${String(value)}@${timestamp}`,
        );
        expect(shown).toEqual(plain(events, isLeft));
      }),
      { numRuns: 1000 },
    );
  },
);
