import { type Bytes, latin1Of, textLength, toBytes } from '@millrace/log-client';
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

/** A text that sorts as the bytes do: ASCII sorts as it is. */
function orderOf(written: Bytes): string {
  const isAscii = typeof written === 'string' && textLength(written) === written.length;
  return isAscii ? written : latin1Of(toBytes(written));
}

/** The entries of these keys that have this time. */
export function closedAt(
  time: number,
  keys: KeysAtTime,
  bucketOf: (mapKey: unknown, writtenKey: Bytes) => Bucket,
): ClosedEntry[] {
  const found: ClosedEntry[] = [];
  for (const [mapKey, writtenKey] of keys) {
    const bucket = bucketOf(mapKey, writtenKey);
    const order = orderOf(writtenKey);
    for (const entry of bucket.entries) if (entry.time === time) found.push({ bucket, entry, order });
  }
  return found;
}
