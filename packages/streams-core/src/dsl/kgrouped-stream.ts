import { long, type Serde } from '@millrace/log-client';
import type { StoreSpec } from '@millrace/state-stores';
import { type Aggregation, aggregate, counting, reducing } from '../operators/aggregate/aggregate.ts';
import { SessionWindows } from '../windows/session-windows.ts';
import { CogroupedKStream } from './cogrouped-kstream.ts';
import type { KTable } from './ktable.ts';
import { keptIn, requireKeySerde, tableStore, valueSerdeOr } from './materialize.ts';
import type { Materialized } from './options.ts';
import { throughTopic } from './repartition.ts';
import { TimeWindowedKStream } from './time-windowed-kstream.ts';
import { SessionWindowedKStream } from './session-windowed-kstream.ts';
import { assertN, insert, type TopN } from './top-n.ts';
import type { StreamRef, Views } from './views.ts';
import { type StartedWindows, startedWindowing } from './windowing.ts';
import type { WindowingOptions } from './windowing-options.ts';

/** What an aggregation is made of. `add` may return null, which deletes the aggregate. */
export interface AggregateOptions<K, V, A> extends Materialized<A> {
  initial(): A;
  add(aggregate: A, value: V, key: K): A | null;
}

/** A grouped stream whatever its values: what a cogroup needs of it. */
export interface GroupedStream<K> {
  /** @internal */
  readonly keySerde: Serde<K> | undefined;
  /** @internal */
  source(storeName: string): StreamRef<K, unknown>;
}

/** A stream grouped by key. */
export class KGroupedStream<K, V> implements GroupedStream<K> {
  readonly #views: Views;
  readonly #ref: StreamRef<K, V>;
  readonly #repartitionName: string | undefined;
  #repartitioned: StreamRef<K, V> | undefined;

  /** @internal */
  constructor(views: Views, ref: StreamRef<K, V>, repartitionName: string | undefined) {
    this.#views = views;
    this.#ref = ref;
    this.#repartitionName = repartitionName;
  }

  /** How many records each key has; null values are not counted. */
  count(options: Materialized<number> = {}): KTable<K, number> {
    return this.#aggregate('KSTREAM-AGGREGATE-', counting, options, long());
  }

  /** Folds the values of each key; the first one stands as it is. */
  reduce(reducer: (aggregate: V, value: V) => V, options: Materialized<V> = {}): KTable<K, V> {
    return this.#aggregate('KSTREAM-REDUCE-', reducing(reducer), options, this.#ref.value);
  }

  /** Folds the values of each key into an aggregate of another type. */
  aggregate<A>(options: AggregateOptions<K, V, A>): KTable<K, A> {
    return this.#aggregate('KSTREAM-AGGREGATE-', options as Aggregation<K, V, A>, options, undefined);
  }

  /** The first `n` of the values that each key has had, in the order that `compare` gives. */
  topN(n: number, options: TopN<V>): KTable<K, readonly V[]> {
    assertN(n);
    return this.aggregate<readonly V[]>({
      ...options,
      initial: () => [],
      add: (rows, value) => insert(rows, value, options).slice(0, n),
    });
  }

  /** Starts a table that several streams are aggregated into; `add` is for the values of this one. */
  cogroup<A>(add: (aggregate: A, value: V, key: K) => A | null): CogroupedKStream<K, A> {
    return new CogroupedKStream<K, A>(this.#views, [{ stream: this, add }]);
  }

  /** @internal */
  get keySerde(): Serde<K> | undefined {
    return this.#ref.key;
  }

  /** Groups further by sessions. */
  windowedBy(windows: SessionWindows, options?: WindowingOptions<K, V>): SessionWindowedKStream<K, V>;
  /** Groups further by windows of time. */
  windowedBy(windows: StartedWindows, options?: WindowingOptions<K, V>): TimeWindowedKStream<K, V>;
  windowedBy(
    windows: StartedWindows | SessionWindows,
    options: WindowingOptions<K, V> = {},
  ): TimeWindowedKStream<K, V> | SessionWindowedKStream<K, V> {
    const source = (storeName: string): StreamRef<K, V> => this.source(storeName);
    const windowed = { ref: this.#ref, source, options };
    return windows instanceof SessionWindows
      ? new SessionWindowedKStream(this.#views, windowed, windows)
      : new TimeWindowedKStream(this.#views, windowed, startedWindowing(windows));
  }

  #aggregate<A>(
    prefix: string,
    aggregation: Aggregation<K, V, A>,
    options: Materialized<A>,
    serde: Serde<A> | undefined,
  ): KTable<K, A> {
    const { graph } = this.#views;
    const storeName = options.as ?? graph.names.store(prefix);
    const node = graph.names.node(prefix, options.name);
    const ref = this.source(storeName);
    const key = requireKeySerde(this.#ref.key, node);
    const value = valueSerdeOr(options.value, serde);
    graph.addStore(tableStore(storeName, key, value, options) as StoreSpec);
    graph.addProcessor({
      name: node,
      parents: [ref.node],
      operator: aggregate(storeName, aggregation),
      table: keptIn(storeName, options),
    });
    const { as, historyRetentionMs } = options;
    return this.#views.table({ node, key, value, sources: ref.sources, storeName: as, historyRetentionMs });
  }

  /** @internal The grouped records where they meet by key. A named grouping goes through one topic, however often it is used. */
  source(storeName: string): StreamRef<K, V> {
    if (!this.#ref.repartition) return this.#ref;
    if (this.#repartitioned !== undefined && this.#repartitionName !== undefined) return this.#repartitioned;
    const { key, value } = this.#ref;
    const prefix = this.#repartitionName ?? storeName;
    this.#repartitioned = throughTopic(this.#views, this.#ref, { prefix, key, value });
    return this.#repartitioned;
  }
}
