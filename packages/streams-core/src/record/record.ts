import type { Headers } from '@millrace/log-client';

/**
 * A record between operators. `timestamp` is in milliseconds since the epoch. Records are never changed in
 * place.
 */
export interface StreamRecord<out K, out V> {
  readonly key: K;
  readonly value: V;
  readonly timestamp: number;
  readonly headers: Headers;
}

/**
 * What flows out of a table: a row's new value and, where someone downstream needs it, the one it replaces.
 * Null: no row.
 */
export interface Change<out V> {
  readonly newValue: V | null;
  readonly oldValue: V | null;
  /** Only from versioned tables: the row has a later version already. */
  readonly isLatest?: false;
}

/**
 * A window of time, in milliseconds since the epoch: from `start`, inclusive, to `end`, which is exclusive
 * for tumbling and hopping windows, inclusive for sliding windows and sessions, and infinite for unlimited
 * windows.
 */
export interface Window {
  readonly start: number;
  readonly end: number;
}

/** A key in one window: the key of every windowed table. */
export interface Windowed<out K> {
  readonly key: K;
  readonly window: Window;
}

/** Takes a record on. The promise, where there is one, settles when everything downstream is done with it. */
export type Forward<K = unknown, V = unknown> = (record: StreamRecord<K, V>) => void | Promise<void>;

/** A record like another, with another value. */
export function withValue<K, V, W>(
  { key, timestamp, headers }: StreamRecord<K, V>,
  value: W,
): StreamRecord<K, W> {
  return { key, value, timestamp, headers };
}
