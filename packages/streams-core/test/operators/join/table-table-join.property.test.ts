import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type Event, left, right, run, someEvents, someRun, tableOf } from '../oracle-support.ts';
import { output } from '../support.ts';

const kinds = {
  join: { left: false, right: false },
  leftJoin: { left: true, right: false },
  outerJoin: { left: true, right: true },
} as const;

/** The last value of each key on each side, joined once, at the end. */
function oracle(events: readonly Event[], kind: keyof typeof kinds): Record<string, string> {
  const rows = { left: new Map<string, string | null>(), right: new Map<string, string | null>() };
  for (const { side, key, value } of events) rows[side].set(key, value);
  const joined: Record<string, string> = {};
  for (const key of new Set([...rows.left.keys(), ...rows.right.keys()])) {
    const [a, b] = [rows.left.get(key) ?? null, rows.right.get(key) ?? null];
    if ((a === null && b === null) || (a === null && !kinds[kind].right) || (b === null && !kinds[kind].left))
      continue;
    joined[key] = `${a}+${b}`;
  }
  return joined;
}

describe.each(Object.keys(kinds) as (keyof typeof kinds)[])('%s', (kind) => {
  test.each([
    ['worked out', undefined, undefined],
    ['kept', 'left-rows', 'joined-rows'],
  ])(
    'the result, %s, is what the last rows give, whatever the order, restarts and caches',
    (_how, own, joined) => {
      fc.assert(
        fc.property(someEvents({ tombstones: true }), someRun, (events, how) => {
          const results = run(
            (builder) => {
              const a = builder.table(left, own === undefined ? {} : { as: own });
              const b = builder.table(right);
              const options = joined === undefined ? {} : { as: joined };
              const joiner = (x: string | null, y: string | null): string => `${x}+${y}`;
              const table =
                kind === 'outerJoin'
                  ? a.outerJoin(b, joiner, options)
                  : kind === 'leftJoin'
                    ? a.leftJoin(b, joiner, options)
                    : a.join(b, joiner, options);
              table.toStream().to(output);
            },
            events,
            how,
          );
          expect(tableOf(results)).toEqual(oracle(events, kind));
        }),
        { numRuns: 1000 },
      );
    },
  );
});
