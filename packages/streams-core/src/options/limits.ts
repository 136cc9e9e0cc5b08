import type { Serde } from '@millrace/log-client';
import type { Named } from './named.ts';

/**
 * What makes records equal, and for how long. Equal records must have equal keys, or they may be in different
 * partitions.
 */
export interface DeduplicateOptions<K, V> extends Named {
  /** What equal records have in common, and others do not. Default: the key. */
  by?(value: V, key: K): string;
  /** How far apart equal records may be, in milliseconds of their timestamps. */
  readonly withinMs: number;
  readonly key?: Serde<K>;
  /** The store's name. */
  readonly as?: string;
}

/** How many records of a key are forwarded in an interval. */
export interface ThrottleOptions<K> extends Named {
  readonly limit: number;
  /** In milliseconds of stream time. */
  readonly intervalMs: number;
  readonly key?: Serde<K>;
  /** The store's name. */
  readonly as?: string;
}
