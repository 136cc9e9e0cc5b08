import type { ChangedRow, TimeSpan, WindowedQueries, WindowedStoreRow } from '../../kinds/store-queries.ts';
import type { WriteBack } from '../write-back.ts';
import { type Bucket, type BucketState, changedRows, type Entry, type KeyedEntry } from './bucket.ts';
import type { ScanOrder, Span } from './scan.ts';

/** How a store's entries are read, and what makes rows of them. */
export interface WindowedReads<K, V> {
  /** A key's entries of the segments that the times are in, by time. */
  readonly peek: (key: K, times: Span) => Iterable<KeyedEntry>;
  /** Entries of all keys, by time and then as `compare` has it. */
  readonly scan: (times: Span, order: ScanOrder) => AsyncIterable<KeyedEntry>;
  readonly compare: (a: KeyedEntry, b: KeyedEntry) => number;
  readonly watch: WriteBack<Bucket, BucketState>['watch'];
  readonly committed: (bucket: Bucket) => BucketState;
  /** The first time that can be read. */
  readonly earliest: () => number;
  /** The last time that an entry of a span may have. */
  readonly lastOf: (span: TimeSpan) => number;
  /** Whether an entry whose time is in the span is of it. */
  readonly isWithin: (entry: Entry, span: TimeSpan) => boolean;
  /** Whether two entries are the same row. */
  readonly isSame: (a: Entry, b: Entry) => boolean;
  /** Of an entry without a value: a row that is gone. */
  readonly toRow: (entry: KeyedEntry) => WindowedStoreRow<K, V>;
}

/** Queries of windows and sessions, which differ in what their times mean. */
export function windowedQueries<K, V>(reads: WindowedReads<K, V>): WindowedQueries<K, V> {
  const { peek, scan, compare, watch, committed, earliest, lastOf, isWithin, isSame, toRow } = reads;
  return {
    kind: 'windowed',
    fetch: (key, span) => {
      const times = { first: Math.max(span.from, earliest(), 0), last: lastOf(span) };
      const found: WindowedStoreRow<K, V>[] = [];
      for (const entry of peek(key, times)) {
        const { time } = entry;
        if (time >= times.first && time <= times.last && isWithin(entry, span)) found.push(toRow(entry));
      }
      return span.reverse ? found.reverse() : found;
    },
    fetchAll: async function* fetchAll(span) {
      const { from, reverse } = span;
      for await (const entry of scan({ first: from, last: lastOf(span) }, { reverse, compare })) {
        if (isWithin(entry, span)) yield toRow(entry);
      }
    },
    watch: (watcher) =>
      watch((changed) => watcher(changedRows(changed, committed, isSame, toRow) as ChangedRow<K, V>[])),
  };
}
