import type { Members } from '../../face.ts';

/**
 * A value and for how long it was the value: from `validFrom`, inclusive, to `validTo`, exclusive, in
 * milliseconds.
 */
export interface VersionedRecord<V> {
  readonly value: V;
  readonly validFrom: number;
  /** Undefined: it still is. */
  readonly validTo: number | undefined;
}

/** What became of a put: it is the latest version, or one from before others, or too old to be kept. */
export type VersionedPut = 'latest' | 'out-of-order' | 'expired';

/**
 * Reads of a versioned store. Versions older than the history retention are not there, save a key's latest.
 */
export interface ReadOnlyVersionedStore<K, V> {
  readonly name: string;
  /** The latest version, or the one that was valid at `asOf`, in milliseconds. */
  get(key: K, asOf?: number): VersionedRecord<V> | undefined;
  /** The versions that were valid at some time from `from` to `to`, both inclusive, the earliest first. */
  versions(key: K, from: number, to: number): VersionedRecord<V>[];
}

/** A versioned store as processors use it. */
export interface VersionedStore<K, V> extends ReadOnlyVersionedStore<K, V> {
  /** Sets the value from `timestamp` on; null or undefined says that there was none from then on. */
  put(key: K, value: V | null | undefined, timestamp: number): VersionedPut;
  /** As putting null; returns what was valid at that time. */
  delete(key: K, timestamp: number): VersionedRecord<V> | undefined;
}

export const versionedStoreMembers: Members<VersionedStore<unknown, unknown>> = {
  name: 'property',
  get: 'method',
  versions: 'method',
  put: 'method',
  delete: 'method',
};
