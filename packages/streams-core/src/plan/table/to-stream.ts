import type { Serde } from '@millrace/log-client';
import { selectKey } from '../../operators/stateless/select-key.ts';
import { toStream } from '../../operators/table/to-stream.ts';
import type { Named } from '../../options/named.ts';
import type { LogicalGraph } from '../../topology/graph/logical-graph.ts';
import type { StreamRef, TableRef } from '../refs.ts';

/** Adds the node that makes a stream of a table's changes. */
export function tableToStream<K, V>(
  graph: LogicalGraph,
  table: TableRef<K, V>,
  { name }: Named = {},
): StreamRef<K, V | null> {
  const node = graph.names.node('KTABLE-TOSTREAM-', name);
  graph.addProcessor({ name: node, parents: [table.node], operator: toStream<K, V>() });
  const { key, value, sources } = table;
  return { node, key, value: value as Serde<V | null> | undefined, sources, repartition: false };
}

/** As `tableToStream`, under new keys. */
export function tableToRekeyedStream<K, V, K2>(
  graph: LogicalGraph,
  table: TableRef<K, V>,
  selector: (value: V | null, key: K) => K2,
  named?: Named,
): StreamRef<K2, V | null> {
  const stream = tableToStream(graph, table, named);
  const node = graph.names.node('KSTREAM-KEY-SELECT-');
  graph.addProcessor({ name: node, parents: [stream.node], operator: selectKey(selector) });
  return { ...stream, node, key: undefined, repartition: true };
}
