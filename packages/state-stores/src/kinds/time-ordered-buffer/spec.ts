import type { CommonSpec } from '../common-spec.ts';

/** Changes that wait, in the order of their times. */
export interface BufferSpec<K, V> extends CommonSpec<K, V> {
  readonly kind: 'time-ordered-buffer';
}
