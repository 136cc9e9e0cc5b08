import type { CommonSpec, StoreOptions } from '../common-spec.ts';

export interface KeyValueSpec<K, V> extends CommonSpec<K, V> {
  readonly kind: 'key-value';
}

/** A key-value store for `addStateStore` and the Processor API. */
export function keyValueStore<K, V>(options: StoreOptions<K, V>): KeyValueSpec<K, V> {
  return { persistent: true, logging: true, ...options, kind: 'key-value' };
}
