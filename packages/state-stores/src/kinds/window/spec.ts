import type { CommonSpec, StoreOptions } from '../common-spec.ts';

export interface WindowSpec<K, V> extends CommonSpec<K, V> {
  readonly kind: 'window';
  /** How long a window is kept after stream time has passed its start. In milliseconds. */
  readonly retentionMs: number;
  readonly windowSizeMs: number;
  /** A put adds to what is there, instead of replacing it. */
  readonly retainDuplicates?: boolean;
  /** Windows can be taken out by time, each once, as they close. */
  readonly indexedByTime?: boolean;
  /** Each window has the headers that were last put. */
  readonly keepsHeaders?: boolean;
}

/** A window store: values by key and window start, kept for `retentionMs` of stream time. */
export function windowStore<K, V>(
  options: StoreOptions<K, V> & { readonly retentionMs: number; readonly windowSizeMs: number },
): WindowSpec<K, V> {
  const { name, retentionMs, windowSizeMs } = options;
  if (!(retentionMs >= windowSizeMs)) {
    throw new RangeError(
      `Window store "${name}": retentionMs (${retentionMs}) must be at least windowSizeMs (${windowSizeMs})`,
    );
  }
  return { persistent: true, logging: true, ...options, kind: 'window' };
}
