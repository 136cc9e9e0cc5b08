/** A table as queries name it: its store, and of which types its rows are. */
export interface TableHandle<out K, out V> {
  readonly queryableStoreName: string | undefined;
  /** Only for the compiler: nothing is there. */
  readonly '~row'?: { readonly key: K; readonly value: V } | undefined;
}
