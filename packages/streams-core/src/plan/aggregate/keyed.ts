import type { Serde } from '@millrace/log-client';
import { type Aggregation, aggregate } from '../../operators/aggregate/aggregate.ts';
import type { Materialized } from '../../options/materialized.ts';
import type { LogicalGraph } from '../../topology/graph/logical-graph.ts';
import { keptIn, requireKeySerde, tableStore, valueSerdeOr } from '../materialize.ts';
import type { TableRef } from '../refs.ts';
import { type GroupedRef, repartitionGrouped } from './grouped.ts';

export interface KeyedAggregation<K, V, A> {
  /** How generated names begin. */
  readonly prefix: string;
  readonly aggregation: Aggregation<K, V, A>;
  readonly options: Materialized<A>;
  /** How aggregates are stored where the options name no serde. */
  readonly serde?: Serde<A> | undefined;
}

/** Adds the node of an aggregation by key, and its store. */
export function aggregateKeyed<K, V, A>(
  graph: LogicalGraph,
  grouped: GroupedRef<K, V>,
  { prefix, aggregation, options, serde }: KeyedAggregation<K, V, A>,
): TableRef<K, A> {
  const storeName = options.as ?? graph.names.store(prefix);
  const node = graph.names.node(prefix, options.name);
  const { node: parent, sources } = repartitionGrouped(graph, grouped, storeName);
  const key = requireKeySerde(grouped.ref.key, node);
  const value = valueSerdeOr(options.value, serde);
  graph.addStore(tableStore(storeName, key, value, options));
  graph.addProcessor({
    name: node,
    parents: [parent],
    operator: aggregate(storeName, aggregation),
    table: keptIn(storeName, options),
  });
  const { as, historyRetentionMs } = options;
  return { node, key, value, sources, storeName: as, historyRetentionMs };
}
