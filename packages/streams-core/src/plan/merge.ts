import type { Serde } from '@millrace/log-client';
import { passThrough } from '../operators/stateless/pass-through.ts';
import type { Named } from '../options/named.ts';
import type { LogicalGraph } from '../topology/graph/logical-graph.ts';
import { type StreamRef, sourcesOf } from './refs.ts';

/** Adds the node where two streams come together. */
export function mergeStreams<K, V, V2>(
  graph: LogicalGraph,
  left: StreamRef<K, V>,
  right: StreamRef<K, V2>,
  { name }: Named,
): StreamRef<K, V | V2> {
  const node = graph.names.node('KSTREAM-MERGE-', name);
  graph.addProcessor({ name: node, parents: [left.node, right.node], operator: passThrough('merge') });
  // One side's value serde need not fit the other's values.
  const sameValues = (left.value as unknown) === right.value;
  return {
    node,
    key: left.key ?? right.key,
    value: sameValues ? (left.value as Serde<V | V2> | undefined) : undefined,
    sources: sourcesOf(left, right),
    repartition: left.repartition || right.repartition,
  };
}
