import { long, string } from '@millrace/streams-core';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { type Event, left, run, someEvents, someRun, tableOf } from '../oracle-support.ts';
import { output } from '../support.ts';

/** The last rows, grouped by the first letter of their values, once, at the end. */
function oracle(events: readonly Event[]): Record<string, number> {
  const rows = new Map<string, string | null>();
  for (const { key, value } of events) rows.set(key, value);
  const lengths: Record<string, number> = {};
  for (const value of rows.values()) {
    if (value !== null) lengths[value[0]!] = (lengths[value[0]!] ?? 0) + value.length;
  }
  return lengths;
}

test('a regrouped table adds up to what its last rows give, whatever the order, restarts and caches', () => {
  fc.assert(
    fc.property(
      someEvents({ tombstones: true, sides: ['left'] }),
      someRun,
      fc.boolean(),
      (events, how, versioned) => {
        const results = run(
          (builder) =>
            builder
              .table(left, versioned ? { as: 'rows', historyRetentionMs: 10_000 } : {})
              .groupBy((value) => [value[0]!, value.length], { key: string(), value: long() })
              .reduce({ add: (sum, length) => sum + length, subtract: (sum, length) => sum - length })
              .toStream()
              .to(output),
          events,
          how,
        );
        const found = Object.entries(tableOf(results)).filter(([, sum]) => sum !== 0);
        // Of a versioned table the latest by time count, not by arrival.
        const latest = [...events].sort((a, b) => a.timestamp - b.timestamp);
        expect(Object.fromEntries(found)).toEqual(oracle(versioned ? latest : events));
      },
    ),
    { numRuns: 1000 },
  );
});
