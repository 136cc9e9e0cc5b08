import type { BytesChange, BytesStore } from '../../bytes-store.ts';
import { overlay } from '../merge.ts';
import { type Entry, keyed, type KeyedEntry } from './bucket.ts';
import { keyOfBucket, segmentPrefix } from './layout.ts';

export interface ScanOrder {
  readonly reverse: boolean;
  /** The order of entries with the same time. */
  readonly compare: (a: KeyedEntry, b: KeyedEntry) => number;
}

/** From the first to the last, both inclusive. */
export interface Span {
  readonly first: number;
  readonly last: number;
}

export interface SegmentScan {
  readonly backing: BytesStore;
  readonly times: Span;
  readonly segments: Span;
  /** Buckets of a segment that the bytes store does not have in their present form. */
  readonly unflushed: (segment: number) => readonly BytesChange[];
  readonly decode: (bytes: Uint8Array, key: Uint8Array) => readonly Entry[];
  readonly order: ScanOrder;
}

/** Entries of all keys, segment by segment. */
export async function* scanSegments(scan: SegmentScan): AsyncIterableIterator<KeyedEntry> {
  const { segments, times, order } = scan;
  const count = segments.last - segments.first + 1;
  for (let step = 0; step < count; step++) {
    const segment = order.reverse ? segments.last - step : segments.first + step;
    const entries = (await entriesOf(segment, scan))
      .filter(({ time }) => time >= times.first && time <= times.last)
      .sort((a, b) => a.time - b.time || order.compare(a, b));
    yield* order.reverse ? entries.reverse() : entries;
  }
}

async function entriesOf(
  segment: number,
  { backing, unflushed, decode }: SegmentScan,
): Promise<KeyedEntry[]> {
  const range = { from: segmentPrefix(segment), to: segmentPrefix(segment + 1) };
  const entries: KeyedEntry[] = [];
  for await (const [key, bytes] of overlay(backing.iterate(range), unflushed(segment), range)) {
    const keyBytes = keyOfBucket(key);
    for (const entry of decode(bytes, keyBytes)) entries.push(keyed(entry, keyBytes));
  }
  return entries;
}
