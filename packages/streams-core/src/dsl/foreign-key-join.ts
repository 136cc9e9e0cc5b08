import { bytes, type Serde } from '@millrace/log-client';
import type { StoreSpec } from '@millrace/state-stores';
import { resolve } from '../operators/join/foreign-key-join/resolve.ts';
import { respondToChange, respondToSubscription } from '../operators/join/foreign-key-join/respond.ts';
import { subscribe } from '../operators/join/foreign-key-join/subscribe.ts';
import { tableSource } from '../operators/table/table-source.ts';
import { responseSerde, subscriptionSerde, type SubscriptionResponse } from '../serde/subscription-serde.ts';
import type { StreamPartitioner } from '../topology/nodes.ts';
import { keptIn, requireKeySerde, tableStore, valueSerdeOr } from './materialize.ts';
import type { Materialized } from './options.ts';
import type { TableRef, Views } from './views.ts';

/** How the topics of a foreign-key join are partitioned, where the tables are not partitioned by key as usual. */
export interface TableJoined<K, KO> {
  /** As the left table is. */
  readonly partitioner?: StreamPartitioner<K, null>;
  /** As the right table is. */
  readonly otherPartitioner?: StreamPartitioner<KO, null>;
}

export interface ForeignKeyJoin<K, V, KO, VO, R> {
  readonly left: TableRef<K, V>;
  readonly right: TableRef<KO, VO>;
  readonly foreignKey: (value: V, key: K) => KO | null;
  readonly joiner: (left: V, right: VO | null) => R;
  readonly isLeft: boolean;
  readonly options: Materialized<R> & TableJoined<K, KO>;
}

/** Adds the nodes of a foreign-key join, in the order and under the names of KTableImpl#doJoinOnForeignKey. */
export function joinForeignKey<K, V, KO, VO, R>(
  { graph }: Views,
  { left, right, foreignKey, joiner, isLeft, options }: ForeignKeyJoin<K, V, KO, VO, R>,
): TableRef<K, R> {
  const { names } = graph;
  const { name } = options;
  const named = (suffix: string, generated: string): string =>
    names.node(prefix + generated, name && name + suffix);
  const key = requireKeySerde(left.key, `${name ?? 'A foreign-key join'} (left table)`);
  const otherKey = requireKeySerde(right.key, `${name ?? 'A foreign-key join'} (right table)`);
  const [value, otherValue] = [valueSerdeOr(left.value), valueSerdeOr(right.value)];

  graph.requireOldValues(right.node);
  graph.requireOldValues(left.node);
  const askTopic = `${named('-subscription-registration', 'SUBSCRIPTION-REGISTRATION-')}-topic`;
  const ask = named('-subscription-registration-processor', 'SUBSCRIPTION-REGISTRATION-');
  const askSink = names.node('KTABLE-SINK-', name && `${name}-subscription-registration-sink`);
  const askSource = names.node('KTABLE-SOURCE-', name && `${name}-subscription-registration-source`);
  const store = named('-subscription-store', 'SUBSCRIPTION-STATE-STORE-');
  const receive = named('-subscription-receive', 'SUBSCRIPTION-PROCESSOR-');
  // Kafka Streams has a node of its own for what happens next in this one; the numbers after it stay the same.
  named('-subscription-join-foreign', 'SUBSCRIPTION-PROCESSOR-');
  const answer = named('-foreign-join-subscription', 'SUBSCRIPTION-PROCESSOR-');
  const answerTopic = `${named('-subscription-response', 'SUBSCRIPTION-RESPONSE-')}-topic`;
  const answerSink = names.node('KTABLE-SINK-', name && `${name}-subscription-response-sink`);
  const answerSource = names.node('KTABLE-SOURCE-', name && `${name}-subscription-response-source`);
  const resolver = named('-subscription-response-resolver', 'SUBSCRIPTION-RESPONSE-RESOLVER-PROCESSOR-');
  const result = named('-result', 'OUTPUT-');

  graph.addProcessor({
    name: ask,
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
  const asked = {
    name: askTopic,
    key: otherKey as Serde<unknown>,
    value: subscriptionSerde as Serde<unknown>,
  };
  graph.repartitionTopics.set(askTopic, { name: askTopic, partitions: undefined });
  graph.addSink({
    name: askSink,
    parents: [ask],
    topic: askTopic,
    key: asked.key,
    value: asked.value,
    partitioner: keyPartitioner(options.otherPartitioner),
  });
  graph.addSource({ name: askSource, topics: [asked], global: false });
  graph.requireCopartitioning(receive, [...right.sources, askSource]);
  const spec: StoreSpec<KO, unknown> = {
    kind: 'group',
    name: store,
    key: otherKey,
    value: asked.value,
    persistent: options.persistent ?? true,
    logging: true,
  };
  graph.addStore(spec as StoreSpec);
  graph.addProcessor({
    name: receive,
    parents: [askSource],
    operator: respondToSubscription(store, right.node),
    stores: [store],
    views: [right.node],
  });
  graph.addProcessor({
    name: answer,
    parents: [right.node],
    operator: respondToChange(store, right.historyRetentionMs !== undefined),
    stores: [store],
  });
  const answered = {
    name: answerTopic,
    key: key as Serde<unknown>,
    value: responseSerde(otherValue) as Serde<unknown>,
  };
  graph.repartitionTopics.set(answerTopic, { name: answerTopic, partitions: undefined });
  graph.addSink({
    name: answerSink,
    parents: [receive, answer],
    topic: answerTopic,
    // The left key travels as it was serialised when the row asked.
    key: bytes() as Serde<unknown>,
    value: answered.value,
    partitioner: backToPrimary(key, options.partitioner),
  });
  graph.addSource({ name: answerSource, topics: [answered], global: false });
  const sources = [...new Set([...left.sources, answerSource])];
  graph.requireCopartitioning(resolver, sources);
  graph.addProcessor({
    name: resolver,
    parents: [answerSource],
    operator: resolve<K, V, VO, R>({ table: left.node, valueSerializer: value, joiner, left: isLeft }),
    views: [left.node],
  });
  const storeName = options.as ?? names.store(prefix + 'OUTPUT-');
  graph.addStore(tableStore(storeName, key, valueSerdeOr(options.value), options) as StoreSpec);
  graph.addProcessor({
    name: result,
    parents: [resolver],
    operator: tableSource(storeName),
    table: { ...keptIn(storeName, options), materialized: options.as !== undefined },
  });
  const { historyRetentionMs } = options;
  return { node: result, key, value: options.value, sources, historyRetentionMs, storeName: options.as };
}

const prefix = 'KTABLE-FK-JOIN-';

type AnyPartitioner = StreamPartitioner<unknown, unknown>;

function keyPartitioner<K>(partitioner: StreamPartitioner<K, null> | undefined): AnyPartitioner | undefined {
  if (partitioner === undefined) return undefined;
  return ({ key }, topic) => partitioner({ key: key as K, value: null }, topic);
}

/** To the partition the left row came from, unless the user knows better. */
function backToPrimary<K>(
  key: Serde<K>,
  partitioner: StreamPartitioner<K, null> | undefined,
): AnyPartitioner {
  if (partitioner === undefined) {
    return ({ value }) => (value as SubscriptionResponse<unknown>).primaryPartition;
  }
  return ({ key: keyBytes }, topic) =>
    partitioner({ key: key.deserialize(keyBytes as Uint8Array), value: null }, topic);
}
