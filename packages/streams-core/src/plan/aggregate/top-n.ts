import type { Serde } from '@millrace/log-client';
import { TopologyError } from '../../errors.ts';
import type { TopN } from '../../options/aggregate-options.ts';

/** @throws TopologyError unless it is a positive whole number */
export function assertN(n: number): void {
  if (Number.isInteger(n) && n > 0) return;
  throw new TopologyError(
    'TOPOLOGY_INVALID',
    `topN: the number of rows must be a positive whole number, got ${n}`,
  );
}

/** The rows with one more, in its place. */
export function insert<V>(rows: readonly V[], row: V, ranking: Pick<TopN<V>, 'compare'>): readonly V[] {
  let at = rows.length;
  while (at > 0 && ranking.compare(rows[at - 1]!, row) > 0) at--;
  return [...rows.slice(0, at), row, ...rows.slice(at)];
}

/** The rows without the first one that is the same when it is written. */
export function remove<V>(rows: readonly V[], row: V, serde: Serde<V>): readonly V[] {
  const bytes = serde.serialize(row);
  const at = rows.findIndex((one) => Buffer.compare(serde.serialize(one), bytes) === 0);
  return at < 0 ? rows : [...rows.slice(0, at), ...rows.slice(at + 1)];
}
