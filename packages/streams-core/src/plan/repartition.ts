import type { Serde } from '@millrace/log-client';
import { requireKey } from '../operators/stateless/require-key.ts';
import type { Repartitioned } from '../options/repartitioned.ts';
import { requireKeySerde, valueSerdeOr } from './materialize.ts';
import type { LogicalGraph } from '../topology/graph/logical-graph.ts';
import type { StreamPartitioner } from '../topology/graph/nodes.ts';
import type { StreamRef } from './refs.ts';
import { partitionerOf } from './sinks.ts';

export const repartitionSuffix = '-repartition';

/** Sends a stream through a repartition topic as the user asks. */
export function repartitionStream<K, V>(
  graph: LogicalGraph,
  ref: StreamRef<K, V>,
  options: Repartitioned<K, V>,
): StreamRef<K, V> {
  const prefix = options.name ?? graph.names.node('KSTREAM-REPARTITION-');
  const { key = ref.key, value = ref.value, partitions } = options;
  return throughTopic(graph, ref, { prefix, key, value, partitions, partitioner: partitionerOf(options) });
}

export interface RepartitionOptions<K, V> {
  /** The topic's name, or its beginning. */
  readonly prefix: string;
  readonly key: Serde<K> | undefined;
  readonly value: Serde<V> | undefined;
  readonly partitions?: number | undefined;
  readonly partitioner?: StreamPartitioner<K, V> | undefined;
}

/** Sends a stream through a repartition topic, so that records with the same key meet in one task. */
export function throughTopic<K, V>(
  graph: LogicalGraph,
  ref: StreamRef<K, V>,
  options: RepartitionOptions<K, V>,
): StreamRef<K, V> {
  const { prefix, partitions, partitioner } = options;
  // A stream that goes through a topic already needs no second one.
  const mergeable =
    graph.optimize.mergeRepartition === true && partitions === undefined && partitioner === undefined;
  const known = mergeable ? graph.repartitioned.get(ref.node) : undefined;
  if (known !== undefined) return known as StreamRef<K, V>;
  const topic = prefix.endsWith(repartitionSuffix) ? prefix : `${prefix}${repartitionSuffix}`;
  const generated = {
    sink: graph.names.node('KSTREAM-SINK-'),
    filter: graph.names.node('KSTREAM-FILTER-'),
    source: graph.names.node('KSTREAM-SOURCE-'),
  };
  // Kafka Streams derives the nodes' names from the topic's, unless that is a generated one itself.
  const names = /KSTREAM.*-[0-9]{10}$/.test(prefix)
    ? generated
    : { sink: `${topic}-sink`, filter: `${topic}-filter`, source: `${topic}-source` };
  const key = requireKeySerde(options.key, `The repartitioning into "${topic}"`);
  const value = valueSerdeOr(options.value);
  const nullKeys = { forwarded: false };
  graph.nullKeys.set(names.filter, nullKeys);
  graph.addProcessor({ name: names.filter, parents: [ref.node], operator: requireKey(nullKeys) });
  graph.addSink({
    name: names.sink,
    parents: [names.filter],
    topic,
    key: key as Serde<unknown>,
    value: value as Serde<unknown>,
    partitioner: options.partitioner as StreamPartitioner<unknown, unknown> | undefined,
  });
  graph.repartitionTopics.set(topic, { name: topic, partitions: options.partitions });
  const entry = { name: topic, key: key as Serde<unknown>, value: value as Serde<unknown> };
  graph.addSource({ name: names.source, topics: [entry], global: false });
  const through = { node: names.source, key, value, sources: [names.source], repartition: false };
  if (mergeable) graph.repartitioned.set(ref.node, through);
  return through;
}
