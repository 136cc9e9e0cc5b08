import type { Serde } from '@millrace/log-client';
import { tableSource } from '../../operators/table/table-source.ts';
import type { Materialized } from '../../options/materialized.ts';
import type { LogicalGraph } from '../../topology/graph/logical-graph.ts';
import { keptIn, requireKeySerde, tableStore, valueSerdeOr } from '../materialize.ts';
import type { StreamRef, TableRef } from '../refs.ts';
import { throughTopic } from '../repartition.ts';

/** Adds the node that reads a stream as a table's changes, and its store. */
export function toTable<K, V>(
  graph: LogicalGraph,
  stream: StreamRef<K, V>,
  options: Materialized<V> & { readonly key?: Serde<K> },
): TableRef<K, V> {
  const name = graph.names.node('KSTREAM-TOTABLE-', options.name);
  const storeName = options.as ?? graph.names.store('KSTREAM-TOTABLE-');
  const key = requireKeySerde(options.key ?? stream.key, `toTable (${name})`);
  const value = valueSerdeOr(options.value, stream.value);
  const { node, sources } = stream.repartition
    ? throughTopic(graph, stream, { prefix: name, key, value })
    : stream;
  const { as, historyRetentionMs } = options;
  graph.addStore(tableStore(storeName, key, value, options));
  graph.addProcessor({
    name,
    parents: [node],
    operator: tableSource(storeName),
    table: {
      ...keptIn(storeName, options),
      materialized: as !== undefined || historyRetentionMs !== undefined,
    },
  });
  return { node: name, key, value, sources, storeName: as, historyRetentionMs };
}
