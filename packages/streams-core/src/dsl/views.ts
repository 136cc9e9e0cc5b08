import type { Serde } from '@millrace/log-client';
import type { LogicalGraph } from '../topology/logical-graph.ts';
import type { KStream } from './kstream.ts';
import type { KTable } from './ktable.ts';

/** Where a stream or table stands in the graph, and what is known of its records. */
export interface NodeRef<K, V> {
  readonly node: string;
  readonly key: Serde<K> | undefined;
  readonly value: Serde<V> | undefined;
  /** The source nodes its records come from: what has to be co-partitioned in a join. */
  readonly sources: readonly string[];
}

export interface StreamRef<K, V> extends NodeRef<K, V> {
  /** Its key has been changed: grouping or joining it has to go through a topic. */
  readonly repartition: boolean;
}

export interface TableRef<K, V> extends NodeRef<K, V> {
  /** For a windowed table: how long after its end a window still changes, in milliseconds. */
  readonly graceMs?: number;
  /** Its rows come in versions: for how long they are kept, in milliseconds. */
  readonly historyRetentionMs?: number | undefined;
  /** The store it was given by name. */
  readonly storeName?: string | undefined;
}

/** How streams and tables make each other, without their files importing each other. */
export interface Views {
  readonly graph: LogicalGraph;
  stream<K, V>(ref: StreamRef<K, V>): KStream<K, V>;
  table<K, V>(ref: TableRef<K, V>): KTable<K, V>;
}
