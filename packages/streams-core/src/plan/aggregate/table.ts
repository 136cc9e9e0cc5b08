import type { Serde } from '@millrace/log-client';
import { type TableAggregation, tableAggregate } from '../../operators/aggregate/table-aggregate.ts';
import type { Materialized } from '../../options/materialized.ts';
import { changeSerde } from '../../serde/change-serde.ts';
import type { LogicalGraph } from '../../topology/graph/logical-graph.ts';
import { keptIn, tableStore, valueSerdeOr } from '../materialize.ts';
import type { TableRef } from '../refs.ts';
import { repartitionSuffix } from '../repartition.ts';

/** A regrouped table: its changes under their new keys, before their repartition topic. */
export interface GroupedTableRef<K, V> {
  readonly node: string;
  readonly key: Serde<K>;
  readonly value: Serde<V>;
  readonly repartitionName: string | undefined;
}

export interface GroupedTableAggregation<K, V, A> {
  /** How generated names begin. */
  readonly prefix: string;
  readonly aggregation: TableAggregation<K, V, A>;
  readonly options: Materialized<A>;
  /** How aggregates are stored where the options name no serde. */
  readonly serde?: Serde<A> | undefined;
}

/** Adds the repartition topic of a regrouped table, the node that aggregates it and its store. */
export function aggregateTable<K, V, A>(
  graph: LogicalGraph,
  grouped: GroupedTableRef<K, V>,
  { prefix, aggregation, options, serde }: GroupedTableAggregation<K, V, A>,
): TableRef<K, A> {
  const { names } = graph;
  const { key } = grouped;
  // Stores of reduced tables are called aggregates too: KGroupedTableImpl#reduce.
  const storeName = options.as ?? names.store('KTABLE-AGGREGATE-');
  const sink = names.node('KSTREAM-SINK-', options.name && `${options.name}-sink`);
  const source = names.node('KSTREAM-SOURCE-', options.name && `${options.name}-source`);
  const node = names.node(prefix, options.name);
  const topic = `${grouped.repartitionName ?? storeName}${repartitionSuffix}`;
  const changes = changeSerde(grouped.value) as Serde<unknown>;
  const entry = { name: topic, key: key as Serde<unknown>, value: changes };
  graph.repartitionTopics.set(topic, { name: topic, partitions: undefined });
  graph.addSink({ name: sink, parents: [grouped.node], topic, key: entry.key, value: changes });
  graph.addSource({ name: source, topics: [entry], global: false });
  const value = valueSerdeOr(options.value, serde);
  graph.addStore(tableStore(storeName, key, value, options));
  graph.addProcessor({
    name: node,
    parents: [source],
    operator: tableAggregate(storeName, aggregation),
    table: keptIn(storeName, options),
  });
  const { as, historyRetentionMs } = options;
  return { node, key, value, sources: [source], storeName: as, historyRetentionMs };
}
