import type { LogicalGraph } from '../../topology/graph/logical-graph.ts';
import type { StreamRef } from '../refs.ts';
import { throughTopic } from '../repartition.ts';

/** A grouped stream. */
export interface GroupedRef<K, V> {
  readonly ref: StreamRef<K, V>;
  /** The grouping's name: that of its repartition topic. */
  readonly name: string | undefined;
  /** Where its records meet by key, once they go through a topic. */
  repartitioned?: StreamRef<K, V>;
}

/**
 * The grouped records where they meet by key. A named grouping has one repartition topic, however often it is
 * used.
 */
export function repartitionGrouped<K, V>(
  graph: LogicalGraph,
  grouped: GroupedRef<K, V>,
  storeName: string,
): StreamRef<K, V> {
  const { ref, name } = grouped;
  if (!ref.repartition) return ref;
  if (grouped.repartitioned !== undefined && name !== undefined) return grouped.repartitioned;
  const { key, value } = ref;
  grouped.repartitioned = throughTopic(graph, ref, { prefix: name ?? storeName, key, value });
  return grouped.repartitioned;
}
