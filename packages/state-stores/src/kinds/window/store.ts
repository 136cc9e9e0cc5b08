import type { Headers } from '@millrace/log-client';
import type { Members } from '../../face.ts';

/** One entry of a window store: the start of its window in milliseconds, and its value. */
export interface WindowEntry<V> {
  readonly start: number;
  readonly value: V;
  readonly timestamp: number;
  /** Where the store keeps them. */
  readonly headers?: Headers;
}

/** How to go through a window store. */
export interface WindowScan {
  /** Latest first. Default: false. */
  readonly reverse?: boolean;
}

/** Reads of a window store. What is older than the retention is not there any more. */
export interface ReadOnlyWindowStore<K, V> {
  readonly name: string;
  fetch(key: K, start: number): V | undefined;
  /** As `fetch`, with the value's timestamp. */
  fetchEntry(key: K, start: number): WindowEntry<V> | undefined;
  /** A key's entries with starts from `from` to `to`, both inclusive, ascending. */
  fetchRange(key: K, from: number, to: number, options?: WindowScan): WindowEntry<V>[];
  /**
   * Entries of all keys with starts from `from` to `to`, both inclusive, by start and then by serialised key.
   */
  fetchAll(
    from: number,
    to: number,
    options?: WindowScan,
  ): AsyncIterableIterator<WindowEntry<V> & { readonly key: K }>;
  all(options?: WindowScan): AsyncIterableIterator<WindowEntry<V> & { readonly key: K }>;
}

/** A window store as processors use it. */
export interface WindowStore<K, V> extends ReadOnlyWindowStore<K, V> {
  /**
   * Sets the value of a key's window; null or undefined deletes it. A window past its retention is ignored.
   */
  put(key: K, value: V | null | undefined, start: number): void;
}

/** A window that has closed, with its headers where the store keeps them. */
export interface ClosedWindow<K, V> extends WindowEntry<V> {
  readonly key: K;
  readonly headers: Headers;
}

/** An entry as the store keeps it, good until the next change of the store. */
export interface KeptWindow {
  /** The start of its window. */
  readonly time: number;
  /** The timestamp of its value. */
  readonly second: number;
}

/** A window store as windowed operators use it: with timestamps, and with closed windows taken out. */
export interface WindowRowStore<K, V> extends WindowStore<K, V> {
  /** As `fetchRange`, in place: puts the entries into `found` from its start on, and returns how many. */
  findRange(key: K, from: number, to: number, found: KeptWindow[]): number;
  /** The value of an entry that was found, and its headers where the store keeps them. */
  valueAt(entry: KeptWindow, key: K): V;
  headersAt(entry: KeptWindow): Headers | undefined;
  /** As `put`, with a timestamp. Returns false where the window has expired. */
  putEntry(key: K, value: V | null | undefined, start: number, timestamp: number): boolean;
  /**
   * Takes out the windows with starts up to `until` that have not been taken out before, by start and then by
   * key.
   */
  takeClosed(until: number): readonly ClosedWindow<K, V>[];
  /** Sets the headers of a window that is there, in a store that keeps them. */
  putHeaders(key: K, start: number, headers: Headers): void;
}

export const windowStoreMembers: Members<WindowStore<unknown, unknown>> = {
  name: 'property',
  fetch: 'method',
  fetchEntry: 'method',
  fetchRange: 'method',
  fetchAll: 'method',
  all: 'method',
  put: 'method',
};
