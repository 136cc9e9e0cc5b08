import type { Headers } from '@millrace/log-client';
import type { Members } from '../../face.ts';

/** A session: its first and last record's timestamps, both inclusive, in milliseconds, and its value. */
export interface SessionEntry<V> {
  readonly start: number;
  readonly end: number;
  readonly value: V;
}

/** How to go through a session store. */
export interface SessionScan {
  /** Latest first. Default: false. */
  readonly reverse?: boolean;
}

/** Reads of a session store. A session whose end is older than the retention is not there any more. */
export interface ReadOnlySessionStore<K, V> {
  readonly name: string;
  fetchSession(key: K, start: number, end: number): V | undefined;
  /**
   * A key's sessions that end at `earliestEnd` or later and start at `latestStart` or earlier, by end and
   * start.
   */
  findSessions(key: K, earliestEnd: number, latestStart: number, options?: SessionScan): SessionEntry<V>[];
  /** All sessions of a key. */
  fetch(key: K, options?: SessionScan): SessionEntry<V>[];
  /**
   * Sessions of all keys with ends from `earliestEnd` to `latestEnd`, both inclusive, by end, start and
   * serialised key.
   */
  findAll(
    earliestEnd: number,
    latestEnd: number,
    options?: SessionScan,
  ): AsyncIterableIterator<SessionEntry<V> & { readonly key: K }>;
  all(options?: SessionScan): AsyncIterableIterator<SessionEntry<V> & { readonly key: K }>;
}

/** A session store as processors use it. */
export interface SessionStore<K, V> extends ReadOnlySessionStore<K, V> {
  /**
   * Sets the value of a session; null or undefined removes it. Returns false where it is past its retention.
   */
  put(key: K, value: V | null | undefined, start: number, end: number): boolean;
  remove(key: K, start: number, end: number): void;
}

/** A session that has closed, with its headers where the store keeps them. */
export interface ClosedSession<K, V> extends SessionEntry<V> {
  readonly key: K;
  readonly headers: Headers;
}

/** A session store as windowed operators use it: with closed sessions taken out. */
export interface SessionRowStore<K, V> extends SessionStore<K, V> {
  /**
   * Takes out the sessions with ends up to `until` that have not been taken out before, by end, start and
   * then key.
   */
  takeClosed(until: number): readonly ClosedSession<K, V>[];
  /** Sets the headers of a session that is there, in a store that keeps them. */
  putHeaders(key: K, start: number, end: number, headers: Headers): void;
}

export const sessionStoreMembers: Members<SessionStore<unknown, unknown>> = {
  name: 'property',
  fetchSession: 'method',
  findSessions: 'method',
  fetch: 'method',
  findAll: 'method',
  all: 'method',
  put: 'method',
  remove: 'method',
};
