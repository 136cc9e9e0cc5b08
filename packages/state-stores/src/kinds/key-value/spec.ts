import type { CommonSpec, StoreOptions } from '../common-spec.ts';

export interface KeyValueSpec<K, V> extends CommonSpec<K, V> {
  readonly kind: 'key-value';
  /** Each row has the headers that it was put with. */
  readonly keepsHeaders?: boolean;
}

export interface KeyValueOptions<K, V> extends StoreOptions<K, V> {
  /**
   * Each row keeps the headers of the record that set it, and with them its trace (KIP-1271). Default: false.
   */
  readonly keepsHeaders?: boolean;
}

/** A key-value store for `addStateStore` and the Processor API. */
export function keyValueStore<K, V>(options: KeyValueOptions<K, V>): KeyValueSpec<K, V> {
  return { persistent: true, logging: true, ...options, kind: 'key-value' };
}
