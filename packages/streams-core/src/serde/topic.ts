import { assertTopicName, type Serde } from '@millrace/log-client';

/** A topic as a typed value: its name and how its keys and values are written. */
export interface Topic<in out K, in out V> {
  readonly name: string;
  readonly key: Serde<K>;
  readonly value: Serde<V>;
}

/** The writing side of a serde. */
export interface Serializer<in T> {
  readonly serialize: (value: T) => Uint8Array;
  readonly serializeText?: (value: T) => string;
}

/** A topic as a sink sees it: one that takes animals takes dogs, not the other way round. */
export interface SinkTopic<in K, in V> {
  readonly name: string;
  readonly key: Serializer<K>;
  readonly value: Serializer<V>;
}

/** Names a topic and says what is in it. @throws LogError `LOG_INVALID_TOPIC` for a name Kafka would refuse */
export function topic<K, V>(
  name: string,
  serdes: { readonly key: Serde<K>; readonly value: Serde<V> },
): Topic<K, V> {
  assertTopicName(name);
  return { name, key: serdes.key, value: serdes.value };
}
