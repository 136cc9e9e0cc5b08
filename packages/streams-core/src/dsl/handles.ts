import type { StreamRef, TableRef } from '../plan/refs.ts';
import type { LogicalGraph } from '../topology/graph/logical-graph.ts';
import type { KStream } from './kstream.ts';
import type { InsertOnlyKTable, KTable } from './ktable.ts';

/**
 * The graph that handles add to, and how streams and tables make each other without importing each other's
 * classes.
 */
export interface Handles {
  readonly graph: LogicalGraph;
  stream<K, V>(ref: StreamRef<K, V>): KStream<K, V>;
  table<K, V>(ref: TableRef<K, V>): KTable<K, V>;
  /** A table of which the operator deletes no rows. */
  insertOnlyTable<K, V>(ref: TableRef<K, V>): InsertOnlyKTable<K, V>;
}
