import type { Headers } from '@millrace/log-client';
import type { RangeOptions } from './key-value/store.ts';
import type { VersionedRecord } from './versioned/store.ts';

/** Which changes a query sees: those that are committed, or all that have been made. */
export type Isolation = 'committed' | 'latest';

/** A row as queries give it; timestamps in milliseconds. */
export interface StoreRow<K, V> {
  readonly key: K;
  /** The serialised key: the order of rows. */
  readonly keyBytes: Uint8Array;
  readonly value: V;
  readonly timestamp: number;
  /** Of the record that set it, where the store keeps headers. */
  readonly headers?: Headers;
}

/** A row of a window or session store. `end` is exclusive for windows, inclusive for sessions. */
export interface WindowedStoreRow<K, V> extends StoreRow<K, V> {
  readonly start: number;
  readonly end: number;
}

/** What a commit has made of a row; an undefined value: it is gone. */
export type ChangedRow<K, V> = (StoreRow<K, V | undefined> | WindowedStoreRow<K, V | undefined>) & {
  readonly start?: number;
  readonly end?: number;
};

interface Watchable<K, V> {
  /** Calls back with the rows that each commit changes, from now on; returns how to stop. */
  watch(watcher: (rows: readonly ChangedRow<K, V>[]) => void): () => void;
}

interface Keyed<K> {
  /** A key as it is serialised in rows. */
  keyBytes(key: K): Uint8Array;
}

export interface KeyValueQueries<K, V> extends Watchable<K, V>, Keyed<K> {
  readonly kind: 'key-value';
  get(key: K): StoreRow<K, V> | undefined;
  range(options: RangeOptions<K>): AsyncIterableIterator<StoreRow<K, V>>;
  prefixScan(
    prefix: Uint8Array,
    options: { readonly reverse?: boolean },
  ): AsyncIterableIterator<StoreRow<K, V>>;
}

export interface VersionedQueries<K, V> extends Watchable<K, V>, Keyed<K> {
  readonly kind: 'versioned';
  get(key: K, asOf?: number): VersionedRecord<V> | undefined;
  versions(key: K, from: number, to: number): VersionedRecord<V>[];
  /** The latest versions. */
  range(options: RangeOptions<K>): AsyncIterableIterator<StoreRow<K, V>>;
}

/** From one time to another, both inclusive, in milliseconds. */
export interface TimeSpan {
  readonly from: number;
  readonly to: number;
  readonly reverse: boolean;
}

export interface WindowedQueries<K, V> extends Watchable<K, V> {
  readonly kind: 'windowed';
  /** A key's windows that start within the span, or its sessions that overlap it. */
  fetch(key: K, span: TimeSpan): WindowedStoreRow<K, V>[];
  /** As `fetch`, for all keys: by time, then by serialised key. */
  fetchAll(span: TimeSpan): AsyncIterableIterator<WindowedStoreRow<K, V>>;
}

/** What can be asked of a store while it is at work, by kind. */
export type StoreQueries<K = unknown, V = unknown> =
  | KeyValueQueries<K, V>
  | VersionedQueries<K, V>
  | WindowedQueries<K, V>;
