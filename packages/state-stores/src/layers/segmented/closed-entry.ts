import { latin1Of } from '@millrace/log-client';
import type { Bucket, Entry } from './bucket.ts';
import type { KeysAtTime } from './open-entries.ts';

/** An entry that has closed, before it gets its place among those of the same time. */
export interface ClosedEntry {
  readonly bucket: Bucket;
  readonly entry: Entry;
  /** The key's bytes as a text that sorts as they do: texts compare faster than buffers. */
  readonly order: string;
}

/** For most records nothing closes. */
export const noneClosed: readonly never[] = [];

export type ClosedOrder = (a: ClosedEntry, b: ClosedEntry) => number;

export const closedByKey: ClosedOrder = (a, b) => (a.order < b.order ? -1 : a.order > b.order ? 1 : 0);

export const closedBySecondThenKey: ClosedOrder = (a, b) =>
  a.entry.second - b.entry.second || closedByKey(a, b);

/** The entries of these keys that have this time. */
export function closedAt(
  time: number,
  keys: KeysAtTime,
  bucketOf: (mapKey: unknown, keyBytes: Uint8Array) => Bucket,
): ClosedEntry[] {
  const found: ClosedEntry[] = [];
  for (const [mapKey, keyBytes] of keys) {
    const bucket = bucketOf(mapKey, keyBytes);
    const order = latin1Of(keyBytes);
    for (const entry of bucket.entries) if (entry.time === time) found.push({ bucket, entry, order });
  }
  return found;
}
