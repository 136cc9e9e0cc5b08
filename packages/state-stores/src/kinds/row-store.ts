import type { Headers } from '@millrace/log-client';
import type { ValueAndTimestamp } from './key-value/store.ts';
import type { VersionedPut } from './versioned/store.ts';

/** The rows of a key-value store, versioned or not, with their timestamps: what tables are stored in. */
export interface RowStore<K, V> {
  /** The latest row; of a versioned store, where `asOf` is given, the one that was valid then. */
  get(key: K, asOf?: number): ValueAndTimestamp<V> | undefined;
  /** The headers are kept where the store keeps headers. */
  put(key: K, value: V | null | undefined, timestamp: number, headers: Headers): VersionedPut;
}
