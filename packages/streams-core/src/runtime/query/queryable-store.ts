import type { Headers } from '@millrace/log-client';
import type { StoreSpec, VersionedRecord } from '@millrace/state-stores';
import type { Window, Windowed } from '../../record/record.ts';
import type { TableHandle } from '../../record/table-handle.ts';

/** A row as a query gives it; the timestamp, in milliseconds, is that of the record that set it. */
export interface Row<out K, out V> {
  readonly key: K;
  readonly value: V;
  readonly timestamp: number;
  /** Of the record that set it, where the table keeps headers (`keepHeaders`). */
  readonly headers?: Headers;
  /** Where a copy answered (`stale`): how many changelog records it was behind. */
  readonly lag?: number;
}

export interface RangeQuery<K> {
  /** Inclusive, in the order of serialised keys. */
  readonly from?: K;
  /** Inclusive, in the order of serialised keys. */
  readonly to?: K;
  readonly reverse?: boolean;
}

/** From one time to another, both inclusive, in milliseconds. Default: all that are kept. */
export interface TimeQuery {
  readonly from?: number;
  readonly to?: number;
  readonly reverse?: boolean;
}

/**
 * Reads of a key-value store, versioned or not, of a running app. Every method rejects with a
 * {@link StoreUnavailableError} while the rows are not here. Scans have the rows of this instance's tasks, in
 * the order of serialised keys, and read the store as they go.
 */
export interface QueryableKeyValueStore<K, V> {
  readonly name: string;
  get(key: K): Promise<V | undefined>;
  /** With its timestamp. `asOf`, in milliseconds: the row that was valid then; for versioned stores only. */
  getRow(key: K, options?: { readonly asOf?: number }): Promise<Row<K, V> | undefined>;
  /** The versions that were valid at some time of the span, the earliest first; for versioned stores only. */
  versions(key: K, span?: Omit<TimeQuery, 'reverse'>): Promise<readonly VersionedRecord<V>[]>;
  range(query?: RangeQuery<K>): AsyncIterableIterator<Row<K, V>>;
  all(): AsyncIterableIterator<Row<K, V>>;
  /** Rows whose serialised keys start with these bytes. Not for versioned stores. */
  prefixScan(prefix: Uint8Array, options?: { readonly reverse?: boolean }): AsyncIterableIterator<Row<K, V>>;
  /** Counts the rows by reading them; some may change meanwhile. */
  approximateCount(): Promise<number>;
}

/** Reads of a window or session store of a running app; else as {@link QueryableKeyValueStore}. */
export interface QueryableWindowedStore<K, V> {
  readonly name: string;
  /** The value of one window or session: of windows the start counts alone. */
  get(key: K, window: Pick<Window, 'start'> & Partial<Window>): Promise<V | undefined>;
  /** A key's windows that start within the span, or its sessions that overlap it. */
  fetch(key: K, span?: TimeQuery): Promise<readonly Row<Windowed<K>, V>[]>;
  /** As `fetch`, for all keys: by time, then by serialised key. */
  fetchAll(span?: TimeQuery): AsyncIterableIterator<Row<Windowed<K>, V>>;
  approximateCount(): Promise<number>;
}

/** A store that is known by its name only: of which kind it is shows when it is asked. */
export type QueryableStore = Omit<QueryableKeyValueStore<unknown, unknown>, 'get'> &
  Omit<QueryableWindowedStore<unknown, unknown>, 'get'> & {
    get(key: unknown, window?: Pick<Window, 'start'> & Partial<Window>): Promise<unknown>;
  };

/** What can be asked of a store, by the table or the spec that names it. */
export type Queryable<T> = T extends string
  ? QueryableStore
  : T extends StoreSpec<infer K, infer V>
    ? T['kind'] extends 'window' | 'session'
      ? QueryableWindowedStore<K, V>
      : QueryableKeyValueStore<K, V>
    : T extends TableHandle<infer K, infer V>
      ? K extends Windowed<infer K0>
        ? QueryableWindowedStore<K0, V>
        : QueryableKeyValueStore<K, V>
      : never;

/** What names a store: a table that was given one, the store's spec, or its name. */
export type StoreReference = TableHandle<unknown, unknown> | StoreSpec<never, never> | StoreSpec | string;
