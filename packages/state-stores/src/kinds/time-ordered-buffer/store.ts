import type { Members } from '../../face.ts';
import type { Headers } from '@millrace/log-client';

/** A change of a table's row that waits in a buffer. */
export interface BufferedChange<K, V> {
  readonly key: K;
  readonly newValue: V | null;
  readonly oldValue: V | null;
  readonly timestamp: number;
  readonly headers: Headers;
}

/** The latest change of each key, in the order of the time at which the first one came in. */
export interface TimeOrderedBuffer<K, V> {
  readonly name: string;
  readonly size: number;
  /** The earliest time in the buffer; undefined where it is empty. */
  readonly minTime: number | undefined;
  /** The bytes of all waiting changes, as given to `put`. */
  readonly bytes: number;
  /** Adds a change, or replaces the waiting one of its key, which keeps its place. */
  put(time: number, change: BufferedChange<K, V>, bytes?: number): void;
  /** Takes the first change out: the earliest, of equal times the one with the smallest serialised key. */
  takeFirst(): BufferedChange<K, V> | undefined;
  /** The change that waits for a key. */
  get(key: K): BufferedChange<K, V> | undefined;
  /** For a key that waits: what was there before the first change. */
  prior(key: K): { readonly value: V | null } | undefined;
  /** Takes one change out without giving it. */
  delete(key: K): void;
  /**
   * Takes out all changes with times up to `until`, by time and then by serialised key; with `accept`, those
   * of them it holds for.
   */
  takeUntil(until: number, accept?: (key: K, time: number) => boolean): BufferedChange<K, V>[];
}

export const timeOrderedBufferMembers: Members<TimeOrderedBuffer<unknown, unknown>> = {
  name: 'property',
  size: 'property',
  minTime: 'property',
  bytes: 'property',
  put: 'method',
  takeFirst: 'method',
  get: 'method',
  prior: 'method',
  delete: 'method',
  takeUntil: 'method',
};
