import type { Headers } from '@millrace/log-client';
import type { Members } from '../../face.ts';

/** A value and the timestamp of the record that set it, in milliseconds. */
export interface ValueAndTimestamp<V> {
  readonly value: V;
  readonly timestamp: number;
  /** Of the record that set it, where the store keeps headers. */
  readonly headers?: Headers;
}

export interface RangeOptions<K> {
  /** Inclusive, in the order of serialised keys. */
  readonly from?: K;
  /** Inclusive, in the order of serialised keys. */
  readonly to?: K;
  readonly reverse?: boolean;
}

/** Reads of a key-value store. Ranges are in the order of serialised keys and read the store as they go. */
export interface ReadOnlyKeyValueStore<K, V> {
  readonly name: string;
  get(key: K): V | undefined;
  range(options?: RangeOptions<K>): AsyncIterableIterator<readonly [K, V]>;
  /** Entries whose serialised key starts with these bytes. */
  prefixScan(prefix: Uint8Array): AsyncIterableIterator<readonly [K, V]>;
  all(): AsyncIterableIterator<readonly [K, V]>;
}

/**
 * A key-value store as processors use it. Values are stored with the timestamp of the record being processed.
 */
export interface KeyValueStore<K, V> extends ReadOnlyKeyValueStore<K, V> {
  /** Sets a value; null or undefined deletes the key. */
  put(key: K, value: V | null | undefined): void;
  /** Sets a value where there is none; returns what was there. */
  putIfAbsent(key: K, value: V): V | undefined;
  /** Deletes a key; returns what was there. */
  delete(key: K): V | undefined;
}

/** A key-value store with the timestamps of its rows: what `TopologyTestDriver` gives to look into tables. */
export interface TimestampedKeyValueStore<K, V> {
  readonly name: string;
  get(key: K): ValueAndTimestamp<V> | undefined;
  /** `headers`: default none. Kept where the store keeps headers. */
  put(key: K, value: V | null | undefined, timestamp: number, headers?: Headers): void;
  range(options?: RangeOptions<K>): AsyncIterableIterator<readonly [K, ValueAndTimestamp<V>]>;
  prefixScan(prefix: Uint8Array): AsyncIterableIterator<readonly [K, ValueAndTimestamp<V>]>;
}

export const timestampedKeyValueStoreMembers: Members<TimestampedKeyValueStore<unknown, unknown>> = {
  name: 'property',
  get: 'method',
  put: 'method',
  range: 'method',
  prefixScan: 'method',
};
