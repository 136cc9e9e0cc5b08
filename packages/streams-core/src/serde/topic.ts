import { assertTopicName, type Serde } from '@millrace/log-client';

/** What a topic says of itself besides its serdes. */
export interface TopicOptions<in V> {
  /** When a value happened, in milliseconds since the epoch; for records that are written without a time. */
  readonly timestamp?: (value: V) => number;
  /** How many partitions `createTopics` gives it. */
  readonly partitions?: number;
  /** Settings by Kafka's names, which `createTopics` gives it. */
  readonly configs?: Readonly<Record<string, string>>;
}

/** A topic as a typed value: its name and how its keys and values are written. */
export interface Topic<in out K, in out V> extends TopicOptions<V> {
  readonly name: string;
  readonly key: Serde<K>;
  readonly value: Serde<V>;
}

/** All topics whose names match, with the same keys and values. */
export interface TopicPattern<in out K, in out V> {
  readonly pattern: RegExp;
  readonly key: Serde<K>;
  readonly value: Serde<V>;
}

/** Names all topics that match, and says what is in them. The whole name must match. */
export function topicPattern<K, V>(
  pattern: RegExp,
  serdes: { readonly key: Serde<K>; readonly value: Serde<V> },
): TopicPattern<K, V> {
  return { pattern, key: serdes.key, value: serdes.value };
}

/** The writing side of a serde. */
export interface Serializer<in T> {
  readonly check?: (value: T) => void;
  readonly serialize: (value: T) => Uint8Array;
  readonly serializeText?: (value: T) => string;
}

/** A topic as a sink sees it: one that takes animals takes dogs, not the other way round. */
export interface SinkTopic<in K, in V> {
  readonly name: string;
  readonly key: Serializer<K>;
  readonly value: Serializer<V>;
}

/** The topic is written with keys of another type. */
export interface StreamHasOtherKeys<_StreamKey, _TopicKey> {
  readonly keysThatFit: never;
}

/** The topic is written with values of another type. */
export interface StreamHasOtherValues<_StreamValue, _TopicValue> {
  readonly valuesThatFit: never;
}

/** Nothing where a topic takes such keys and values; else what is wrong, as the compiler will say it. */
export type TakesStream<K, V, TK, TV> = [K] extends [TK]
  ? [V] extends [TV]
    ? unknown
    : StreamHasOtherValues<V, TV>
  : StreamHasOtherKeys<K, TK>;

/** A topic's definition: how its keys and values are written, and what else is known of it. */
export interface TopicDefinition<K, V> extends TopicOptions<V> {
  readonly key: Serde<K>;
  readonly value: Serde<V>;
}

/**
 * Names a topic and says what is in it. @throws LogError `LOG_INVALID_TOPIC` for a name Kafka would refuse
 */
export function topic<K, V>(name: string, definition: TopicDefinition<K, V>): Topic<K, V> {
  assertTopicName(name);
  return { ...definition, name };
}
