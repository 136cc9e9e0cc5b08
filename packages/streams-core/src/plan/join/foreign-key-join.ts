import { bytes, type Serde } from '@millrace/log-client';
import { resolve } from '../../operators/join/foreign-key-join/resolve.ts';
import { respondToChange, respondToSubscription } from '../../operators/join/foreign-key-join/respond.ts';
import { subscribe } from '../../operators/join/foreign-key-join/subscribe.ts';
import { tableSource } from '../../operators/table/table-source.ts';
import type { Materialized } from '../../options/materialized.ts';
import type { TableJoined } from '../../options/table-joined.ts';
import { responseSerde, subscriptionSerde } from '../../serde/subscription-serde.ts';
import type { LogicalGraph } from '../../topology/graph/logical-graph.ts';
import { keptIn, requireKeySerde, tableStore, valueSerdeOr } from '../materialize.ts';
import { sourcesOf, type TableRef } from '../refs.ts';
import { type ForeignKeyNames, foreignKeyNames, foreignKeyPrefix } from './foreign-key-names.ts';
import { keyPartitioner, responsePartitioner } from './foreign-key-partitioners.ts';

export interface ForeignKeyJoinPlan<K, V, KO, VO, R> {
  readonly left: TableRef<K, V>;
  readonly right: TableRef<KO, VO>;
  readonly foreignKey: (value: V, key: K) => KO | null;
  readonly joiner: (left: V, right: VO | null) => R;
  readonly isLeft: boolean;
  readonly options: Materialized<R> & TableJoined<K, KO>;
}

/** What the phases of planning a join have in common. */
interface Planned<K, V, KO, VO, R> extends ForeignKeyJoinPlan<K, V, KO, VO, R> {
  readonly names: ForeignKeyNames;
  readonly key: Serde<K>;
  readonly otherKey: Serde<KO>;
  readonly value: Serde<V>;
  readonly otherValue: Serde<VO>;
}

/**
 * Adds the nodes of a foreign-key join. A left row subscribes to the right row of its foreign key; the right
 * side responds to subscriptions and to changes of its rows; the left side resolves responses with the rows
 * that they are still valid for.
 */
export function joinForeignKey<K, V, KO, VO, R>(
  graph: LogicalGraph,
  plan: ForeignKeyJoinPlan<K, V, KO, VO, R>,
): TableRef<K, R> {
  const { left, right, options } = plan;
  const { name } = options;
  const key = requireKeySerde(left.key, `${name ?? 'A foreign-key join'} (left table)`);
  const otherKey = requireKeySerde(right.key, `${name ?? 'A foreign-key join'} (right table)`);
  graph.requireOldValues(right.node);
  graph.requireOldValues(left.node);
  const planned = {
    ...plan,
    names: foreignKeyNames(graph.names, name),
    key,
    otherKey,
    value: valueSerdeOr(left.value),
    otherValue: valueSerdeOr(right.value),
  };
  addSubscriptions(graph, planned);
  addResponses(graph, planned);
  return addResult(graph, planned);
}

/** The left side's subscriptions, through their topic to the right side, which keeps them. */
function addSubscriptions<K, V, KO, VO, R>(
  graph: LogicalGraph,
  { left, right, foreignKey, isLeft, options, names, key, otherKey, value }: Planned<K, V, KO, VO, R>,
): void {
  graph.addProcessor({
    name: names.subscribe,
    parents: [left.node],
    operator: subscribe<K, V, KO>({
      foreignKey,
      keySerializer: key,
      valueSerializer: value,
      foreignKeySerializer: otherKey,
      left: isLeft,
      versioned: left.historyRetentionMs !== undefined,
    }),
  });
  const topic = names.subscriptionTopic;
  const serdes = { key: otherKey as Serde<unknown>, value: subscriptionSerde as Serde<unknown> };
  graph.repartitionTopics.set(topic, { name: topic, partitions: undefined });
  graph.addSink({
    name: names.subscriptionSink,
    parents: [names.subscribe],
    topic,
    ...serdes,
    partitioner: keyPartitioner(options.otherPartitioner),
  });
  graph.addSource({ name: names.subscriptionSource, topics: [{ name: topic, ...serdes }], global: false });
  graph.requireCopartitioning(names.receive, [...right.sources, names.subscriptionSource]);
  graph.addStore({
    kind: 'group',
    name: names.subscriptionStore,
    key: otherKey,
    value: serdes.value,
    persistent: options.persistent ?? true,
    logging: true,
  });
}

/**
 * The right side's responses, to subscriptions and to changes of its rows, through their topic back to the
 * left side.
 */
function addResponses<K, V, KO, VO, R>(
  graph: LogicalGraph,
  { right, options, names, key, otherValue }: Planned<K, V, KO, VO, R>,
): void {
  const { subscriptionStore: store, responseTopic: topic } = names;
  graph.addProcessor({
    name: names.receive,
    parents: [names.subscriptionSource],
    operator: respondToSubscription(store, right.node),
    stores: [store],
    lookups: [right.node],
  });
  graph.addProcessor({
    name: names.respond,
    parents: [right.node],
    operator: respondToChange(store, right.historyRetentionMs !== undefined),
    stores: [store],
  });
  const value = responseSerde(otherValue) as Serde<unknown>;
  graph.repartitionTopics.set(topic, { name: topic, partitions: undefined });
  graph.addSink({
    name: names.responseSink,
    parents: [names.receive, names.respond],
    topic,
    // The left key travels as it was serialised with the subscription.
    key: bytes() as Serde<unknown>,
    value,
    partitioner: responsePartitioner(key, options.partitioner),
  });
  const entry = { name: topic, key: key as Serde<unknown>, value };
  graph.addSource({ name: names.responseSource, topics: [entry], global: false });
}

/** The left side again: responses that are still valid become rows of the result. */
function addResult<K, V, KO, VO, R>(
  graph: LogicalGraph,
  { left, joiner, isLeft, options, names, key, value }: Planned<K, V, KO, VO, R>,
): TableRef<K, R> {
  const { as, historyRetentionMs } = options;
  const sources = [...new Set([...sourcesOf(left), names.responseSource])];
  graph.requireCopartitioning(names.resolve, sources);
  graph.addProcessor({
    name: names.resolve,
    parents: [names.responseSource],
    operator: resolve<K, V, VO, R>({ table: left.node, valueSerializer: value, joiner, left: isLeft }),
    lookups: [left.node],
  });
  const storeName = as ?? graph.names.store(`${foreignKeyPrefix}OUTPUT-`);
  graph.addStore(tableStore(storeName, key, valueSerdeOr(options.value), options));
  graph.addProcessor({
    name: names.result,
    parents: [names.resolve],
    operator: tableSource(storeName),
    table: { ...keptIn(storeName, options), materialized: as !== undefined },
  });
  return { node: names.result, key, value: options.value, sources, historyRetentionMs, storeName: as };
}
