import type { ValueAndTimestamp } from '@millrace/state-stores';

/** A row with another value, as it is looked up in a table that is derived and not kept. */
export function derivedRow<V>(
  { timestamp, headers }: ValueAndTimestamp<unknown>,
  value: V,
): ValueAndTimestamp<V> {
  return headers === undefined ? { value, timestamp } : { value, timestamp, headers };
}
