import { type Headers, type LogRecord, noHeaders } from '@millrace/log-client';
import { face } from '../../face.ts';
import { parseSessionKey, sessionKey } from './layout.ts';
import {
  type ClosedSession,
  type SessionEntry,
  type SessionScan,
  type SessionRowStore,
  type SessionStore,
  sessionStoreMembers,
} from './store.ts';
import { keyMemory } from '../../layers/key-memory.ts';
import type { ChangeList, StateStore } from '../../state-store.ts';
import type { Isolation, TimeSpan, WindowedQueries, WindowedStoreRow } from '../store-queries.ts';
import {
  type Bucket,
  compareKeys,
  type Entry,
  firstFrom,
  insertEntry,
  type KeyedEntry,
} from '../../layers/segmented/bucket.ts';
import { closedBySecondThenKey, noneClosed } from '../../layers/segmented/closed-entry.ts';
import { SegmentedView } from '../../layers/segmented/segmented-view.ts';
import { windowedQueries } from '../../layers/segmented/windowed-queries.ts';

type KeyedSession<K, V> = SessionEntry<V> & { readonly key: K };

/** Values by key, session start and end: an entry's time is its session's end, its second time the start. */
export class SessionView<K, V> extends SegmentedView<K, V> implements StateStore, SessionRowStore<K, V> {
  readonly kind = 'session';
  readonly face = face<SessionStore<K, V>>(this, sessionStoreMembers);

  /**
   * What has closed can be read as long as its segment is there, save where each session is sent once, when
   * it closes.
   */
  protected override get firstReadable(): number {
    return this.firstKept;
  }

  fetchSession(key: K, start: number, end: number): V | undefined {
    if (end < this.firstReadable) return undefined;
    const entry = this.bucket(this.segmentOf(end), key).entries.find(
      ({ time, second }) => time === end && second === start,
    );
    return entry?.kept === undefined ? undefined : this.values.give(entry.kept, key);
  }

  /** Without those that have closed: a record near one of them starts a session of its own. */
  findSessions(
    key: K,
    earliestEnd: number,
    latestStart: number,
    options: SessionScan = {},
  ): SessionEntry<V>[] {
    return this.#find(key, Math.max(earliestEnd, this.earliest, 0), latestStart, options);
  }

  #find(key: K, first: number, latestStart: number, { reverse = false }: SessionScan): SessionEntry<V>[] {
    const found: SessionEntry<V>[] = [];
    const last = this.segmentOf(this.streamTime);
    for (let segment = this.segmentOf(first); segment <= last; segment++) {
      const { entries } = this.bucket(segment, key);
      for (let at = firstFrom(entries, first); at < entries.length; at++) {
        const { time, second, kept } = entries[at]!;
        if (second > latestStart) continue;
        found.push({ start: second, end: time, value: this.values.give(kept, key) });
      }
    }
    return reverse ? found.reverse() : found;
  }

  put(key: K, value: V | null | undefined, start: number, end: number): boolean {
    this.observe(end);
    const segment = this.segmentOf(end);
    if (this.hasExpired(segment)) return false;
    const bucket = this.bucket(segment, key);
    this.writeBack.changing(bucket);
    const entry = entryAt(bucket, start, end);
    if (value === null || value === undefined) this.removeEntry(bucket, entry);
    else this.setEntry(bucket, entry, value);
    return true;
  }

  remove(key: K, start: number, end: number): void {
    this.put(key, undefined, start, end);
  }

  fetch(key: K, options: SessionScan = {}): SessionEntry<V>[] {
    return this.#find(key, Math.max(this.firstReadable, 0), Number.MAX_SAFE_INTEGER, options);
  }

  /**
   * Takes out the sessions with ends up to `until` that have not been taken out before, by end, start and
   * then key.
   */
  takeClosed(until: number): readonly ClosedSession<K, V>[] {
    if (!this.hasOpenUntil(until)) return noneClosed;
    return this.takeOpenUntil(until, closedBySecondThenKey, (key, entry) => ({
      key,
      start: entry.second,
      end: entry.time,
      value: this.values.give(entry.kept, key),
      headers: this.headers?.of(entry) ?? noHeaders,
    }));
  }

  putHeaders(key: K, start: number, end: number, headers: Headers): void {
    if (this.headers?.concerns(headers) !== true) return;
    const { entries } = this.bucket(this.segmentOf(end), key);
    const entry = entries.find(({ time, second }) => time === end && second === start);
    if (entry !== undefined) this.headers.set(entry, headers);
  }

  async *findAll(
    earliestEnd: number,
    latestEnd: number,
    { reverse = false }: SessionScan = {},
  ): AsyncIterableIterator<KeyedSession<K, V>> {
    const order = { reverse, compare: bySecondThenKey };
    for await (const entry of this.scan(earliestEnd, latestEnd, order)) yield this.#keyed(entry);
  }

  all(options: SessionScan = {}): AsyncIterableIterator<KeyedSession<K, V>> {
    return this.findAll(0, Number.MAX_SAFE_INTEGER, options);
  }

  queries(isolation: Isolation): WindowedQueries<K, V> {
    return windowedQueries({
      peek: (key, times) => this.peek(key, times, isolation),
      scan: ({ first, last }, order) => this.scan(first, last, { ...order, isolation }),
      watch: (watcher) => this.writeBack.watch(watcher),
      committed: (bucket) => this.stateOf(bucket, 'committed'),
      toRow: (entry) => this.#row(entry),
      earliest: () => this.firstReadable,
      lastOf: () => Number.MAX_SAFE_INTEGER,
      ...sessions,
    });
  }

  #row({ keyBytes, time, second, kept }: KeyedEntry): WindowedStoreRow<K, V> {
    const key = this.keys.read(keyBytes);
    const value = kept === undefined ? undefined : this.values.give(kept, key);
    return { key, keyBytes, start: second, end: time, value: value as V, timestamp: time };
  }

  #keyed({ keyBytes, time, second, kept }: KeyedEntry): KeyedSession<K, V> {
    const key = this.keys.read(keyBytes);
    return { key, start: second, end: time, value: this.values.give(kept, key) };
  }

  takeChanges(into?: ChangeList): void {
    if (into === undefined) return this.takeChangedEntries();
    const memory = keyMemory(into);
    this.takeChangedEntries((bucket, entry) => {
      const key = sessionKey(bucket.writtenKey, entry.second, entry.time, memory);
      const headers = this.headers?.of(entry) ?? noHeaders;
      into.push({ key, value: this.logValue(entry), timestamp: entry.time, headers });
    });
  }

  restore({ key, value, headers }: LogRecord): void {
    if (key === null) return;
    const { key: keyBytes, start, end } = parseSessionKey(key);
    this.restoreEntry(keyBytes, end, value, (bucket) => {
      const entry = entryAt(bucket, start, end);
      this.headers?.set(entry, headers);
      return entry;
    });
  }
}

/** Sessions are asked for by when they overlap. */
const sessions = {
  compare: bySecondThenKey,
  isWithin: ({ second }: Entry, { to }: TimeSpan): boolean => second <= to,
  isSame: (a: Entry, b: Entry): boolean => a.time === b.time && a.second === b.second,
};

function bySecondThenKey(a: KeyedEntry, b: KeyedEntry): number {
  return a.second - b.second || compareKeys(a, b);
}

/** The entry of this session, by end and then by start; a new one where there is none. */
function entryAt(bucket: Bucket, start: number, end: number): Entry {
  const { entries } = bucket;
  let at = entries.length;
  while (at > 0 && isAfter(entries[at - 1]!, start, end)) at--;
  const before = entries[at - 1];
  if (before?.time === end && before.second === start) return before;
  return insertEntry(bucket, at, { time: end, second: start, kept: undefined, state: 'new' });
}

function isAfter({ time, second }: Entry, start: number, end: number): boolean {
  return time > end || (time === end && second > start);
}
