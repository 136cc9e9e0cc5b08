import type { Serde } from '@millrace/log-client';

/** Where a stream or table stands in the graph, and what is known of its records. */
export interface NodeRef<K, V> {
  readonly node: string;
  readonly key: Serde<K> | undefined;
  readonly value: Serde<V> | undefined;
  /** The source nodes its records come from: what has to be co-partitioned in a join. */
  readonly sources: readonly string[];
}

export interface StreamRef<K, V> extends NodeRef<K, V> {
  /** Its key was changed: grouping or joining it needs a repartition topic. */
  readonly repartition: boolean;
}

export interface TableRef<K, V> extends NodeRef<K, V> {
  /** For a windowed table: how long after its end a window still changes, in milliseconds. */
  readonly graceMs?: number;
  /** For a versioned table: how long versions are kept, in milliseconds. */
  readonly historyRetentionMs?: number | undefined;
  /** The store it was given by name. */
  readonly storeName?: string | undefined;
}

/** All source nodes of these streams and tables, each once. */
export function sourcesOf(...refs: readonly { readonly sources: readonly string[] }[]): string[] {
  return [...new Set(refs.flatMap(({ sources }) => sources))];
}
