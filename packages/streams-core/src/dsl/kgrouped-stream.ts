import type { JsonDefault } from '../serde/json-default.ts';
import { long, type Serde } from '@millrace/log-client';
import { type Aggregation, counting, reducing } from '../operators/aggregate/aggregate.ts';
import type { AggregateOptions, TopN } from '../options/aggregate-options.ts';
import type { Materialized } from '../options/materialized.ts';
import type { WindowingOptions } from '../options/windowed-options.ts';
import type { GroupedRef } from '../plan/aggregate/grouped.ts';
import { aggregateKeyed } from '../plan/aggregate/keyed.ts';
import { assertN, insert } from '../plan/aggregate/top-n.ts';
import { type StartedWindows, startedWindowing } from '../plan/aggregate/windowing.ts';
import { SessionWindows } from '../windows/session-windows.ts';
import { CogroupedKStream } from './cogrouped-kstream.ts';
import type { Handles } from './handles.ts';
import type { InsertOnlyKTable } from './ktable.ts';
import { SessionWindowedKStream } from './session-windowed-kstream.ts';
import { TimeWindowedKStream } from './time-windowed-kstream.ts';

/** A stream grouped by key. */
export class KGroupedStream<K, V> {
  readonly #handles: Handles;
  /** @internal */
  readonly grouped: GroupedRef<K, V>;

  /** @internal */
  constructor(handles: Handles, grouped: GroupedRef<K, V>) {
    this.#handles = handles;
    this.grouped = grouped;
  }

  /** How many records each key has; null values are not counted. */
  count(options: Materialized<number> = {}): InsertOnlyKTable<K, number> {
    return this.#aggregate('KSTREAM-AGGREGATE-', counting, options, long());
  }

  /** Folds the values of each key; the first one stands as it is. */
  reduce(reducer: (aggregate: V, value: V) => V, options: Materialized<V> = {}): InsertOnlyKTable<K, V> {
    return this.#aggregate('KSTREAM-REDUCE-', reducing(reducer), options, this.grouped.ref.value);
  }

  /** Folds the values of each key into an aggregate of another type. */
  aggregate<A>(options: AggregateOptions<K, V, A> & JsonDefault<A>): InsertOnlyKTable<K, A> {
    return this.#aggregate('KSTREAM-AGGREGATE-', options as Aggregation<K, V, A>, options);
  }

  /** The first `n` of the values that each key has had, in the order that `compare` gives. */
  topN(n: number, options: TopN<V>): InsertOnlyKTable<K, readonly V[]> {
    assertN(n);
    const first: Aggregation<K, V, readonly V[]> = {
      initial: () => [],
      add: (rows, value) => insert(rows ?? [], value, options).slice(0, n),
    };
    return this.#aggregate('KSTREAM-AGGREGATE-', first, options);
  }

  /** Starts a table that several streams are aggregated into; `add` is for the values of this one. */
  cogroup<A>(add: (aggregate: A, value: V, key: K) => A | null): CogroupedKStream<K, A> {
    return new CogroupedKStream<K, A>(this.#handles, [{ grouped: this.grouped, add }]);
  }

  /** Groups further by sessions. */
  windowedBy(windows: SessionWindows, options?: WindowingOptions<K, V>): SessionWindowedKStream<K, V>;
  /** Groups further by windows of time. */
  windowedBy(windows: StartedWindows, options?: WindowingOptions<K, V>): TimeWindowedKStream<K, V>;
  windowedBy(
    windows: StartedWindows | SessionWindows,
    options: WindowingOptions<K, V> = {},
  ): TimeWindowedKStream<K, V> | SessionWindowedKStream<K, V> {
    const windowed = { grouped: this.grouped, options };
    return windows instanceof SessionWindows
      ? new SessionWindowedKStream(this.#handles, windowed, windows)
      : new TimeWindowedKStream(this.#handles, windowed, startedWindowing(windows));
  }

  #aggregate<A>(
    prefix: string,
    aggregation: Aggregation<K, V, A>,
    options: Materialized<A>,
    serde?: Serde<A>,
  ): InsertOnlyKTable<K, A> {
    const { graph } = this.#handles;
    return this.#handles.insertOnlyTable(
      aggregateKeyed(graph, this.grouped, { prefix, aggregation, options, serde }),
    );
  }
}
