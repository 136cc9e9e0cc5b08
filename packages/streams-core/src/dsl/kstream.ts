import type { Serde } from '@millrace/log-client';
import type { Observable } from 'rxjs';
import type { StoreSpec } from '@millrace/state-stores';
import type { JoinSides } from '../operators/join/table-table-join.ts';
import { passThrough } from '../operators/stateless/pass-through.ts';
import { selectKey } from '../operators/stateless/select-key.ts';
import { tableSource } from '../operators/table/table-source.ts';
import type { StreamRecord } from '../record.ts';
import type { Serializer, SinkTopic } from '../serde/topic.ts';
import type { StreamPartitioner, TopicNameExtractor } from '../topology/nodes.ts';
import type { GlobalKTable } from './global-ktable.ts';
import type { JoinWindows } from '../windows/join-windows.ts';
import { KGroupedStream } from './kgrouped-stream.ts';
import type { KTable } from './ktable.ts';
import { keptIn, requireKeySerde, tableStore, valueSerdeOr } from './materialize.ts';
import type { Grouped, Materialized, Named, Repartitioned } from './options.ts';
import { throughTopic } from './repartition.ts';
import { type Branches, type SplitStreams, splitStream } from './split.ts';
import {
  type DeduplicateOptions,
  deduplicateStream,
  type ThrottleOptions,
  throttleStream,
} from './limit-stream.ts';
import { joinStreams, type StreamJoined } from './stream-join.ts';
import { partitionerOf, type Produced } from './consumed.ts';
import { toObservable } from './to-observable.ts';
import { joinTable, type TableJoinOptions } from './table-join.ts';
import { StatelessStream } from './stateless-stream.ts';

/** How a dynamic sink writes its records. */
interface Serializers<in K, in V> {
  readonly key: Serializer<K>;
  readonly value: Serializer<V>;
}

type Joinable<K> = KStream<K, unknown> | KTable<K, unknown> | GlobalKTable<unknown, unknown>;

type StreamJoinArguments<K, V> = readonly [
  joiner: (left: V | null, right: unknown, key: K) => unknown,
  windows: JoinWindows,
  options?: StreamJoined<K, V, unknown>,
];

/** A stream of records: each one stands for itself. Its methods add operators to the topology. */
export class KStream<out K, out V> extends StatelessStream<K, V> {
  /** The records of both streams, in no order between the two. */
  merge<V2>(other: KStream<K, V2>, { name }: Named = {}): KStream<K, V | V2> {
    const { graph } = this.views;
    const node = graph.names.node('KSTREAM-MERGE-', name);
    const [a, b] = [this.ref, other.ref];
    graph.addProcessor({ name: node, parents: [a.node, b.node], operator: passThrough('merge') });
    const key = a.key ?? b.key;
    const sources = [...new Set([...a.sources, ...b.sources])];
    // One side's value serde need not fit the other's values.
    const value = (a.value as unknown) === b.value ? (a.value as Serde<V | V2> | undefined) : undefined;
    return this.views.stream<K, V | V2>({
      node,
      key,
      value,
      sources,
      repartition: a.repartition || b.repartition,
    });
  }

  /**
   * Sends each record to the first branch whose predicate holds for it, in the order they are written; `'rest'` takes
   * what none took, and without it such records are dropped. Type guards narrow their branch, and the rest.
   */
  split<const B extends Branches<K, V>>(branches: B, named: Named = {}): SplitStreams<K, V, B> {
    return splitStream(this.views, this.ref, branches, named);
  }

  /** Sends the stream through a topic of the topology's own, so that records with the same key meet in one task. */
  repartition(options: Repartitioned<K, V> = {}): KStream<K, V> {
    const prefix = options.name ?? this.views.graph.names.node('KSTREAM-REPARTITION-');
    const { key = this.ref.key, value = this.ref.value, partitions } = options;
    const partitioner = partitionerOf(options);
    const topic = { prefix, key, value, partitions, partitioner };
    return this.views.stream(throughTopic(this.views, this.ref, topic));
  }

  /** Writes the stream to a topic. */
  to(topic: SinkTopic<K, V>, produced?: Produced<K, V>): void;
  /** Writes each record to the topic that `choose` names; its serdes are those given. */
  to(choose: (record: StreamRecord<K, V>) => string, serdes: Serializers<K, V> & Produced<K, V>): void;
  to(
    target: SinkTopic<K, V> | ((record: StreamRecord<K, V>) => string),
    options: Partial<Serializers<K, V>> & Produced<K, V> = {},
  ): void {
    const { graph } = this.views;
    const dynamic = typeof target === 'function';
    const { key, value } = dynamic ? (options as Serializers<K, V>) : target;
    graph.addSink({
      name: graph.names.node('KSTREAM-SINK-', options.name),
      parents: [this.ref.node],
      topic: dynamic ? (target as TopicNameExtractor<unknown, unknown>) : target.name,
      key: key as Serializer<unknown>,
      value: value as Serializer<unknown>,
      partitioner: partitionerOf(options) as StreamPartitioner<unknown, unknown> | undefined,
    });
  }

  /** Reads the stream as the changes of a table: the last value of each key is its row, a null value deletes it. */
  toTable(options: Materialized<V> & { readonly key?: Serde<K> } = {}): KTable<K, V> {
    const { graph } = this.views;
    const name = graph.names.node('KSTREAM-TOTABLE-', options.name);
    const storeName = options.as ?? graph.names.store('KSTREAM-TOTABLE-');
    const key = requireKeySerde(options.key ?? this.ref.key, `toTable (${name})`);
    const value = valueSerdeOr(options.value, this.ref.value);
    const ref = this.ref.repartition
      ? throughTopic(this.views, this.ref, { prefix: name, key, value })
      : this.ref;
    const { as, historyRetentionMs } = options;
    const kept = as !== undefined || historyRetentionMs !== undefined;
    const table = { ...keptIn(storeName, options), materialized: kept };
    graph.addStore(tableStore(storeName, key, value, options) as StoreSpec);
    graph.addProcessor({
      name,
      parents: [ref.node],
      operator: tableSource(storeName),
      table,
    });
    return this.views.table({
      node: name,
      key,
      value,
      sources: ref.sources,
      storeName: as,
      historyRetentionMs,
    });
  }

  /**
   * Lets the first of equal records through and leaves out those no more than `withinMs` away from one that went through, in
   * the time of their timestamps, before or after it.
   */
  deduplicate(options: DeduplicateOptions<K, V>): KStream<K, V> {
    return this.views.stream(deduplicateStream(this.views, this.ref, options));
  }

  /** Lets at most `limit` records of each key through in every interval of stream time; others are left out. */
  throttle(options: ThrottleOptions<K>): KStream<K, V> {
    return this.views.stream(throttleStream(this.views, this.ref, options));
  }

  /**
   * The records of all this process's tasks, as they are processed: of use to look at, not to keep, because after a crash
   * records are processed again. It ends with the process and is silent while no app runs the topology.
   */
  toObservable(named: Named = {}): Observable<StreamRecord<K, V>> {
    return toObservable(this.views, this.ref.node, named);
  }

  /** Groups the stream by its key; through a topic only where the key has been changed. */
  groupByKey(grouped: Grouped<K, V> = {}): KGroupedStream<K, V> {
    const { key = this.ref.key, value = this.ref.value } = grouped;
    return new KGroupedStream(this.views, { ...this.ref, key, value }, grouped.name);
  }

  /** Groups the stream by a new key, through a topic. */
  groupBy<K2>(
    selector: (value: V, key: K) => K2,
    grouped: Grouped<K2, V> & { readonly key: Serde<K2> },
  ): KGroupedStream<K2, V> {
    const node = this.add('KSTREAM-KEY-SELECT-', selectKey(selector), grouped);
    const { sources } = this.ref;
    const { key, value = this.ref.value } = grouped;
    return new KGroupedStream(this.views, { node, key, value, sources, repartition: true }, grouped.name);
  }

  /** Joins each record with the table's row of its key; records without one are left out. */
  join<V2, R>(
    table: KTable<K, V2>,
    joiner: (value: V, row: V2, key: K) => R,
    options?: TableJoinOptions,
  ): KStream<K, R>;
  /** Joins each record with those of another stream that have its key and are not too far off in time. */
  join<V2, R>(
    other: KStream<K, V2>,
    joiner: (left: V, right: V2, key: K) => R,
    windows: JoinWindows,
    options?: StreamJoined<K, V, V2>,
  ): KStream<K, R>;
  /** Joins each record with the global table's row of the key that `selectKey` gives. */
  join<K2, V2, R>(
    table: GlobalKTable<K2, V2>,
    selectKey: (key: K, value: V) => K2 | null,
    joiner: (value: V, row: V2, key: K) => R,
    named?: Named,
  ): KStream<K, R>;
  join(other: Joinable<K>, ...rest: unknown[]): KStream<K, unknown> {
    return this.#join(other, rest, { left: false, right: false });
  }

  /** As `join`, but every record comes through: with null where it finds no partner. */
  leftJoin<V2, R>(
    table: KTable<K, V2>,
    joiner: (value: V, row: V2 | null, key: K) => R,
    options?: TableJoinOptions,
  ): KStream<K, R>;
  /** With null once the window and the grace have passed without a partner. */
  leftJoin<V2, R>(
    other: KStream<K, V2>,
    joiner: (left: V, right: V2 | null, key: K) => R,
    windows: JoinWindows,
    options?: StreamJoined<K, V, V2>,
  ): KStream<K, R>;
  leftJoin<K2, V2, R>(
    table: GlobalKTable<K2, V2>,
    selectKey: (key: K, value: V) => K2 | null,
    joiner: (value: V, row: V2 | null, key: K) => R,
    named?: Named,
  ): KStream<K, R>;
  leftJoin(other: Joinable<K>, ...rest: unknown[]): KStream<K, unknown> {
    return this.#join(other, rest, { left: true, right: false });
  }

  /** Every record of both streams comes through: with null once window and grace have passed without a partner. */
  outerJoin<V2, R>(
    other: KStream<K, V2>,
    joiner: (left: V | null, right: V2 | null, key: K) => R,
    windows: JoinWindows,
    options: StreamJoined<K, V, V2> = {},
  ): KStream<K, R> {
    const keeps = { left: true, right: true };
    const streams = { left: this.ref, right: other.ref };
    return this.views.stream(joinStreams(this.views, streams, windows, joiner, keeps, options));
  }

  #join(other: Joinable<K>, args: readonly unknown[], keeps: JoinSides): KStream<K, unknown> {
    if (!(other instanceof KStream)) {
      return this.views.stream(joinTable(this.views, this.ref, other, args, keeps.left));
    }
    const [joiner, windows, options] = args as StreamJoinArguments<K, V>;
    const streams = { left: this.ref, right: other.ref };
    return this.views.stream(joinStreams(this.views, streams, windows, joiner, keeps, options ?? {}));
  }
}
