import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type Event, left, right, run, someEvents, someRun, tableOf } from '../oracle-support.ts';
import { output } from '../support.ts';

/** The right row that a left value points at; none for some. */
const pointsAt: Readonly<Record<string, string | null>> = { a: 'k', b: 'l', c: 'm', d: null };
const foreignKey = (value: string): string | null => pointsAt[value[0]!] ?? null;

/** The last row of each key on both sides, joined once, at the end. */
function oracle(events: readonly Event[], isLeft: boolean): Record<string, string> {
  const rows = { left: new Map<string, string | null>(), right: new Map<string, string | null>() };
  for (const { side, key, value } of events) rows[side].set(key, value);
  const joined: Record<string, string> = {};
  for (const [key, value] of rows.left) {
    if (value === null) continue;
    const other = rows.right.get(foreignKey(value) ?? '') ?? null;
    if (other !== null || isLeft) joined[key] = `${value}+${other}`;
  }
  return joined;
}

describe.each([
  ['join', false],
  ['leftJoin', true],
] as const)('%s', (_kind, isLeft) => {
  test.each([
    ['worked out', {}],
    ['kept', { as: 'joined' }],
  ])(
    'the result, %s, is what the last rows give, whatever the order, restarts and caches',
    (_how, options) => {
      fc.assert(
        fc.property(someEvents({ tombstones: true }), someRun, (events, how) => {
          const results = run(
            (builder) => {
              const [a, b] = [builder.table(left), builder.table(right)];
              const joiner = (x: string, y: string | null): string => `${x}+${y}`;
              const joined = isLeft
                ? a.leftJoin(b, foreignKey, joiner, options)
                : a.join(b, foreignKey, joiner, options);
              joined.toStream().to(output);
            },
            events,
            how,
          );
          expect(tableOf(results)).toEqual(oracle(events, isLeft));
        }),
        { numRuns: 1000 },
      );
    },
  );
});
