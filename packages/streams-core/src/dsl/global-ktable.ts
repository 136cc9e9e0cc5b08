import type { TableRef } from '../plan/refs.ts';
import type { TableHandle } from '../record/table-handle.ts';

/**
 * A table that every instance has whole, from {@link StreamsBuilder.globalTable}; streams join it by any key.
 */
export class GlobalKTable<in out K, out V> implements TableHandle<K, V> {
  declare readonly '~row'?: { readonly key: K; readonly value: V } | undefined;
  /** @internal */
  readonly ref: TableRef<K, V>;

  /** @internal */
  constructor(ref: TableRef<K, V>) {
    this.ref = ref;
  }

  /** The name of the store with its rows, where it was given one. */
  get queryableStoreName(): string | undefined {
    return this.ref.storeName;
  }
}
