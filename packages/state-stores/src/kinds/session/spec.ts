import type { CommonSpec, StoreOptions } from '../common-spec.ts';

export interface SessionSpec<K, V> extends CommonSpec<K, V> {
  readonly kind: 'session';
  /** How long a session is kept after stream time has passed its end. In milliseconds. */
  readonly retentionMs: number;
  /** Sessions can be taken out by time, each once, as they close. */
  readonly indexedByTime?: boolean;
  /** Each session has the headers that were last put. */
  readonly keepsHeaders?: boolean;
}

/**
 * A session store: values by key, session start and end, kept for `retentionMs` of stream time after the end.
 */
export function sessionStore<K, V>(
  options: StoreOptions<K, V> & { readonly retentionMs: number },
): SessionSpec<K, V> {
  return { persistent: true, logging: true, ...options, kind: 'session' };
}
