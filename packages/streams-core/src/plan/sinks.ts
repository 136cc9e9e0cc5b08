import type { Partitioned, Produced } from '../options/produced.ts';
import type { StreamRecord } from '../record/record.ts';
import type { Serializer, SinkTopic } from '../serde/topic.ts';
import type { LogicalGraph } from '../topology/graph/logical-graph.ts';
import type { StreamPartitioner, TopicNameExtractor } from '../topology/graph/nodes.ts';

/** A topic, or a function that chooses one for each record. */
export type SinkTarget<K, V> = SinkTopic<K, V> | ((record: StreamRecord<K, V>) => string);

/** How records are written whose topic is chosen for each. */
export interface Serializers<in K, in V> {
  readonly key: Serializer<K>;
  readonly value: Serializer<V>;
}

export interface NewSink<K, V> {
  readonly name: string;
  readonly parents: readonly string[];
  readonly target: SinkTarget<K, V>;
  readonly options: Partial<Serializers<K, V>> & Produced<K, V>;
}

/**
 * Adds the node that writes records to a topic. Types end at the graph: the DSL has checked that they fit.
 */
export function addSink<K, V>(graph: LogicalGraph, { name, parents, target, options }: NewSink<K, V>): void {
  const isDynamic = typeof target === 'function';
  const { key, value } = isDynamic ? (options as Serializers<K, V>) : target;
  graph.addSink({
    name,
    parents,
    topic: isDynamic ? (target as TopicNameExtractor<unknown, unknown>) : target.name,
    key: key as Serializer<unknown>,
    value: value as Serializer<unknown>,
    partitioner: partitionerOf(options) as StreamPartitioner<unknown, unknown> | undefined,
  });
}

/** The partitioner among some options. */
export function partitionerOf<K, V>(options: Partitioned<K, V>): StreamPartitioner<K, V> | undefined {
  if (options.partitioner === undefined) return undefined;
  return (record, to) => options.partitioner!(record, to);
}
