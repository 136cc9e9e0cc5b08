import type { Headers } from '@millrace/log-client';
import type { KeyValueStore, RangeOptions, TimestampedKeyValueStore } from './store.ts';

/** What rows are written with: of the record being processed. */
export interface RowOrigin {
  readonly timestamp: () => number;
  readonly headers: () => Headers;
}

/** The store that processors get: plain values, written with timestamp and headers of the record. */
export class KeyValueFacade<K, V> implements KeyValueStore<K, V> {
  readonly name: string;
  readonly #view: TimestampedKeyValueStore<K, V>;
  readonly #origin: RowOrigin;

  constructor(view: TimestampedKeyValueStore<K, V>, origin: RowOrigin) {
    this.name = view.name;
    this.#view = view;
    this.#origin = origin;
  }

  get(key: K): V | undefined {
    return this.#view.get(key)?.value;
  }

  put(key: K, value: V | null | undefined): void {
    this.#view.put(key, value, this.#origin.timestamp(), this.#origin.headers());
  }

  putIfAbsent(key: K, value: V): V | undefined {
    const old = this.get(key);
    if (old === undefined) this.put(key, value);
    return old;
  }

  delete(key: K): V | undefined {
    const old = this.get(key);
    if (old !== undefined) this.put(key, undefined);
    return old;
  }

  async *range(options: RangeOptions<K> = {}): AsyncIterableIterator<readonly [K, V]> {
    for await (const [key, { value }] of this.#view.range(options)) yield [key, value];
  }

  async *prefixScan(prefix: Uint8Array): AsyncIterableIterator<readonly [K, V]> {
    for await (const [key, { value }] of this.#view.prefixScan(prefix)) yield [key, value];
  }

  all(): AsyncIterableIterator<readonly [K, V]> {
    return this.range();
  }
}
