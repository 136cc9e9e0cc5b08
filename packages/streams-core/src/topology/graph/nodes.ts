import type { StoreSpec } from '@millrace/state-stores';
import type { Serde } from '@millrace/log-client';
import type { StreamRecord } from '../../record/record.ts';
import type { Serializer } from '../../serde/topic.ts';
import type { AnyOperator } from '../operator.ts';
import type { TimestampExtractor } from '../timestamp-extractor.ts';

export interface SourceTopic {
  readonly name: string;
  readonly key: Serde<unknown>;
  readonly value: Serde<unknown>;
}

/** Whether records without a key, or without a value, are among those that a source reads. */
export interface AdmittedNulls {
  readonly key: boolean;
  readonly value: boolean;
}

/** What the nodes of a topology have in common. */
export interface NamedNode {
  readonly name: string;
  /** The line of the program that added it, for messages of errors. */
  readonly addedAt?: string | undefined;
}

/** Where records enter a sub-topology. */
export interface SourceNode extends NamedNode {
  readonly kind: 'source';
  readonly topics: readonly SourceTopic[];
  /** Feeds a global table: read whole by every instance, outside any task. */
  readonly global: boolean;
  /** Its topics are those whose names match, as found when the app starts and now and then after. */
  readonly pattern?: SourcePattern | undefined;
  readonly timestampExtractor?: TimestampExtractor | undefined;
  readonly offsetReset?: OffsetReset | undefined;
  /** Others cannot be read. Left out: all are read, as from the topology's own topics. */
  readonly nulls?: AdmittedNulls | undefined;
}

export interface SourcePattern {
  /** As it was given. */
  readonly text: string;
  /** Matches whole names. */
  readonly matches: RegExp;
  readonly key: Serde<unknown>;
  readonly value: Serde<unknown>;
}

/**
 * Where to start in a partition for which nothing was committed: at its beginning, at its end, at the records
 * of the last `byDurationMs` milliseconds; `none` refuses to start.
 */
export type OffsetReset = 'earliest' | 'latest' | 'none' | { readonly byDurationMs: number };

/** What a table's node can offer to others. */
export interface TableFacts {
  /** The store that holds its rows, if it is kept. */
  readonly store: string | undefined;
  /** Kept only once someone looks up rows or needs old values. */
  materialized: boolean;
  sendOldValues: boolean;
  /** A buffer whose content its rows depend on too. */
  readonly buffer?: string;
  /** The tables it is derived from, where it has no store. */
  readonly parents: readonly string[];
  /** Its changes may wait in a cache until the next commit. */
  readonly cached: boolean;
}

export interface ProcessorNode extends NamedNode {
  readonly kind: 'processor';
  readonly parents: readonly string[];
  readonly operator: AnyOperator;
  readonly stores: readonly string[];
  /** Tables whose rows it looks up: their stores are connected to it too. */
  readonly lookups: readonly string[];
  readonly table: TableFacts | undefined;
  /** What it is where windows are kept once; undefined where it makes no windows and holds none back. */
  readonly once?: KeptOnce;
}

/** What a windowed aggregation is, or the node that holds its results back, where windows are kept once. */
export interface KeptOnce {
  readonly operator: AnyOperator;
  /** The aggregation's store; undefined for the node after it, which needs none. */
  readonly store?: StoreSpec;
}

/** Chooses a topic for each record; the topic must exist. */
export type TopicNameExtractor<K, V> = (record: StreamRecord<K, V>) => string;

/**
 * Chooses the partition of each record, or several, or none, which drops it. Undefined leaves the choice to
 * the default: by the key's hash.
 */
export type StreamPartitioner<in K, in V> = (
  record: { readonly key: K; readonly value: V },
  to: { readonly topic: string; readonly partitions: number },
) => number | readonly number[] | undefined;

/** Where records leave: one topic, or one chosen for each record. */
export interface SinkNode extends NamedNode {
  readonly kind: 'sink';
  readonly parents: readonly string[];
  /** Its parent sends to it by name only. */
  readonly side?: boolean;
  readonly topic: string | TopicNameExtractor<unknown, unknown>;
  readonly key: Serializer<unknown>;
  readonly value: Serializer<unknown>;
  readonly partitioner?: StreamPartitioner<unknown, unknown> | undefined;
}

export type TopologyNode = SourceNode | ProcessorNode | SinkNode;

/**
 * A topic of the topology's own, between two of its sub-topologies. Its real name starts with the
 * application's id.
 */
export interface RepartitionTopic {
  readonly name: string;
  /** Undefined: as many as its records' sources have. */
  readonly partitions: number | undefined;
}

/** Whether records without a key go through a repartition topic; resolved when the topology is built. */
export interface NullKeys {
  forwarded: boolean;
}
