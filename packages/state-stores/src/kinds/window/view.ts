import { type Headers, type LogRecord, noHeaders } from '@millrace/log-client';
import { face } from '../../face.ts';
import { parseWindowKey, windowKey } from '../../layers/segmented/layout.ts';
import { keyMemory } from '../../layers/key-memory.ts';
import type { ChangeList, StateStore } from '../../state-store.ts';
import type { Isolation, TimeSpan, WindowedQueries, WindowedStoreRow } from '../store-queries.ts';
import type { ViewOptions } from '../../layers/view-options.ts';
import type { WindowSpec } from './spec.ts';
import {
  type ClosedWindow,
  type KeptWindow,
  type WindowEntry,
  type WindowRowStore,
  type WindowScan,
  type WindowStore,
  windowStoreMembers,
} from './store.ts';
import {
  type Bucket,
  compareKeys,
  type Entry,
  firstFrom,
  insertEntry,
  type KeyedEntry,
} from '../../layers/segmented/bucket.ts';
import { closedByKey, noneClosed } from '../../layers/segmented/closed-entry.ts';
import { SegmentedView } from '../../layers/segmented/segmented-view.ts';
import { windowedQueries } from '../../layers/segmented/windowed-queries.ts';

type KeyedWindow<K, V> = WindowEntry<V> & { readonly key: K };

/**
 * Values by key and window start: an entry's time is its window's start, its second time the value's
 * timestamp.
 */
export class WindowView<K, V> extends SegmentedView<K, V> implements StateStore, WindowRowStore<K, V> {
  readonly kind = 'window';
  readonly face: WindowStore<K, V>;
  /** In milliseconds. */
  readonly windowSizeMs: number;
  readonly #retainDuplicates: boolean;
  readonly #timestamp: () => number;

  constructor(spec: WindowSpec<K, V>, options: ViewOptions) {
    super(spec, options);
    this.face = face<WindowStore<K, V>>(this, windowStoreMembers);
    this.windowSizeMs = spec.windowSizeMs;
    this.#retainDuplicates = spec.retainDuplicates ?? false;
    this.#timestamp = options.timestamp;
  }

  fetch(key: K, start: number): V | undefined {
    const entry = this.#find(key, start);
    return entry === undefined ? undefined : this.values.give(entry.kept, key);
  }

  /** As `fetch`, with the timestamp. */
  fetchEntry(key: K, start: number): WindowEntry<V> | undefined {
    const entry = this.#find(key, start);
    if (entry === undefined) return undefined;
    return { start, value: this.values.give(entry.kept, key), timestamp: entry.second };
  }

  #find(key: K, start: number): Entry | undefined {
    return start < this.earliest ? undefined : lastAt(this.entriesOf(this.segmentOf(start), key), start);
  }

  fetchRange(key: K, from: number, to: number, { reverse = false }: WindowScan = {}): WindowEntry<V>[] {
    const kept: KeptWindow[] = [];
    const { headers } = this;
    const entries = Array.from({ length: this.findRange(key, from, to, kept) }, (_, index) => {
      const entry = kept[index]!;
      const row = { start: entry.time, value: this.valueAt(entry, key), timestamp: entry.second };
      return headers === undefined ? row : { ...row, headers: headers.of(entry as Entry) };
    });
    return reverse ? entries.reverse() : entries;
  }

  findRange(key: K, from: number, to: number, found: KeptWindow[]): number {
    const first = Math.max(from, this.earliest, 0);
    const last = this.segmentOf(Math.min(to, this.streamTime));
    let count = 0;
    for (let segment = this.segmentOf(first); segment <= last; segment++) {
      const entries = this.entriesOf(segment, key);
      for (let at = firstFrom(entries, first); at < entries.length; at++) {
        const entry = entries[at]!;
        if (entry.time > to) break;
        found[count++] = entry;
      }
    }
    return count;
  }

  valueAt(entry: KeptWindow, key: K): V {
    return this.values.give((entry as Entry).kept, key);
  }

  headersAt(entry: KeptWindow): Headers | undefined {
    return this.headers?.of(entry as Entry);
  }

  put(key: K, value: V | null | undefined, start: number): void {
    this.putEntry(key, value, start, this.#timestamp());
  }

  /** As `put`, with a timestamp. Returns false where the window has expired. */
  putEntry(key: K, value: V | null | undefined, start: number, timestamp: number): boolean {
    this.observe(start);
    const segment = this.segmentOf(start);
    if (this.hasExpired(segment)) return false;
    // With duplicates there is nothing that a null could replace.
    if (this.#retainDuplicates && (value === null || value === undefined)) return true;
    const bucket = this.bucket(segment, key);
    this.writeBack.changing(bucket);
    if (value === null || value === undefined) {
      const entry = lastAt(bucket.entries, start);
      if (entry === undefined) return true;
      entry.second = timestamp;
      this.removeEntry(bucket, entry);
      return true;
    }
    const entry = entryAt(bucket, start, this.#retainDuplicates ? Number.MAX_SAFE_INTEGER : 0);
    entry.second = timestamp;
    this.setEntry(bucket, entry, value);
    return true;
  }

  /**
   * Takes out the windows with starts up to `until` that have not been taken out before, by start and then by
   * key.
   */
  takeClosed(until: number): readonly ClosedWindow<K, V>[] {
    if (!this.hasOpenUntil(until)) return noneClosed;
    return this.takeOpenUntil(until, closedByKey, (key, entry) => ({
      key,
      start: entry.time,
      value: this.values.give(entry.kept, key),
      timestamp: entry.second,
      headers: this.headers?.of(entry) ?? noHeaders,
    }));
  }

  putHeaders(key: K, start: number, headers: Headers): void {
    if (this.headers?.concerns(headers) !== true) return;
    const entry = this.#find(key, start);
    if (entry !== undefined) this.headers.set(entry, headers);
  }

  async *fetchAll(
    from: number,
    to: number,
    { reverse = false }: WindowScan = {},
  ): AsyncIterableIterator<KeyedWindow<K, V>> {
    for await (const entry of this.scan(from, to, { reverse, compare: compareKeys }))
      yield this.#keyed(entry);
  }

  all(options: WindowScan = {}): AsyncIterableIterator<KeyedWindow<K, V>> {
    return this.fetchAll(0, Number.MAX_SAFE_INTEGER, options);
  }

  queries(isolation: Isolation): WindowedQueries<K, V> {
    return windowedQueries({
      peek: (key, times) => this.peek(key, times, isolation),
      scan: ({ first, last }, order) => this.scan(first, last, { ...order, isolation }),
      watch: (watcher) => this.writeBack.watch(watcher),
      committed: (bucket) => this.stateOf(bucket, 'committed'),
      toRow: (entry) => this.#row(entry),
      earliest: () => this.earliest,
      ...windows,
    });
  }

  #row({ keyBytes, time, kept, second }: KeyedEntry): WindowedStoreRow<K, V> {
    const key = this.keys.read(keyBytes);
    const value = kept === undefined ? undefined : this.values.give(kept, key);
    return {
      key,
      keyBytes,
      start: time,
      end: time + this.windowSizeMs,
      value: value as V,
      timestamp: second,
    };
  }

  #keyed({ keyBytes, time, kept, second }: KeyedEntry): KeyedWindow<K, V> {
    const key = this.keys.read(keyBytes);
    return { key, start: time, value: this.values.give(kept, key), timestamp: second };
  }

  takeChanges(into?: ChangeList): void {
    if (into === undefined) return this.takeChangedEntries();
    const memory = keyMemory(into);
    this.takeChangedEntries((bucket, entry, place) => {
      const key = windowKey(bucket.writtenKey, entry.time, place, memory);
      const headers = this.headers?.of(entry) ?? noHeaders;
      into.push({ key, value: this.logValue(entry), timestamp: entry.second, headers });
    });
  }

  restore({ key, value, timestamp, headers }: LogRecord): void {
    if (key === null) return;
    const { key: keyBytes, start, sequence } = parseWindowKey(key);
    this.restoreEntry(keyBytes, start, value, (bucket) => {
      const entry = entryAt(bucket, start, sequence);
      entry.second = timestamp;
      this.headers?.set(entry, headers);
      return entry;
    });
  }
}

/** Windows are asked for by when they start. */
const windows = {
  compare: compareKeys,
  lastOf: ({ to }: TimeSpan): number => to,
  isWithin: (): boolean => true,
  isSame: (a: Entry, b: Entry): boolean => a.time === b.time,
};

/** The last entry with this start. */
function lastAt(entries: readonly Entry[], start: number): Entry | undefined {
  for (let at = entries.length - 1; at >= 0; at--) {
    const entry = entries[at]!;
    if (entry.time === start) return entry;
    if (entry.time < start) return undefined;
  }
  return undefined;
}

/** The entry with this start and place among those of the same start; a new one where there are fewer. */
function entryAt(bucket: Bucket, start: number, sequence: number): Entry {
  const { entries } = bucket;
  let end = entries.length;
  while (end > 0 && entries[end - 1]!.time > start) end--;
  let first = end;
  while (first > 0 && entries[first - 1]!.time === start) first--;
  if (sequence < end - first) return entries[first + sequence]!;
  return insertEntry(bucket, end, { time: start, second: -1, kept: undefined, state: 'new' });
}
