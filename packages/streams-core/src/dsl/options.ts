import type { Serde } from '@millrace/log-client';
import type { StoreSpec } from '@millrace/state-stores';
import type { LogicalGraph } from '../topology/logical-graph.ts';

/** A name for the operator's node; without one Kafka Streams' scheme makes one up. */
export interface Named {
  readonly name?: string;
}

/** How records are grouped. Serdes are needed only where the grouping has to go through a topic. */
export interface Grouped<K, V> extends Named {
  readonly key?: Serde<K>;
  readonly value?: Serde<V>;
}

/** How a table is kept. */
export interface Materialized<V> extends Named {
  /** The store's name; with one, the table is kept and can be looked up. */
  readonly as?: string;
  /** How values are stored. Default: as the input's where the type is the same, else JSON. */
  readonly value?: Serde<V>;
  /** On disk, or in memory and restored from the changelog at each start. Default: true. */
  readonly persistent?: boolean;
  /** Whether changes go to a changelog topic. Default: true. */
  readonly logging?: boolean;
  readonly changelogConfigs?: Readonly<Record<string, string>>;
  /**
   * Where the app has a cache (`cacheMaxBytes`): whether changes of a row wait there until the next commit, so that only the
   * last goes on. Default: true.
   */
  readonly caching?: boolean;
  /**
   * Makes the store a versioned one: earlier rows can be looked up for so long, and rows that come out of order take their
   * place in time. In milliseconds.
   */
  readonly historyRetentionMs?: number;
}

/** As Materialized, for windowed tables. */
export interface MaterializedWindow<V> extends Omit<Materialized<V>, 'historyRetentionMs'> {
  /** How long windows can be looked up after stream time has passed their start; at least what windows and grace need, the default. */
  readonly retentionMs?: number;
}

/** How a stream goes through a topic of the topology's own. */
export interface Repartitioned<K, V> extends Named {
  readonly key?: Serde<K>;
  readonly value?: Serde<V>;
  /** Default: as many as the topics the records come from. */
  readonly partitions?: number;
  /** Default: by the key's hash. */
  partitioner?(
    record: { readonly key: K; readonly value: V },
    to: { readonly topic: string; readonly partitions: number },
  ): number | readonly number[] | undefined;
}

/** The stores a processor may use: specs, which are added to the topology, or names of stores that have been added. */
export interface ProcessOptions extends Named {
  readonly stores?: readonly (string | StoreSpec)[];
}

/** Adds the stores that are given as specs; returns the names of all. */
export function connectStores(graph: LogicalGraph, { stores = [] }: ProcessOptions): string[] {
  for (const store of stores) if (typeof store !== 'string') graph.addStore(store);
  return stores.map((store) => (typeof store === 'string' ? store : store.name));
}
