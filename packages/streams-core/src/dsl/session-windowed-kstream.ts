import { long, type Serde } from '@millrace/log-client';
import { counting, reducing } from '../operators/aggregate/aggregate.ts';
import {
  type SessionAggregation,
  sessionWindowAggregate,
} from '../operators/aggregate/session-window-aggregate.ts';
import type { Windowed } from '../record.ts';
import type { EmitStrategy } from '../windows/emit-strategy.ts';
import type { SessionWindows } from '../windows/session-windows.ts';
import type { AggregateOptions } from './kgrouped-stream.ts';
import type { KTable } from './ktable.ts';
import type { MaterializedWindow } from './options.ts';
import type { Views } from './views.ts';
import { type WindowedRef, windowedTable } from './windowed-table.ts';
import { sessionWindowing } from './windowing.ts';

/** As AggregateOptions, with how the aggregates of two sessions become one, the older one first. */
export interface SessionAggregateOptions<K, V, A> extends AggregateOptions<K, V, A>, MaterializedWindow<A> {
  merge(older: A, newer: A, key: K): A;
}

/** A stream grouped by key and by sessions. */
export class SessionWindowedKStream<K, V> {
  readonly #views: Views;
  readonly #windowed: WindowedRef<K, V>;
  readonly #windows: SessionWindows;

  /** @internal */
  constructor(views: Views, windowed: WindowedRef<K, V>, windows: SessionWindows) {
    this.#views = views;
    this.#windowed = windowed;
    this.#windows = windows;
  }

  /** Sends results as the strategy says; as the `emit` option of `windowedBy`. */
  emitStrategy(emit: EmitStrategy): SessionWindowedKStream<K, V> {
    const options = { ...this.#windowed.options, emit };
    return new SessionWindowedKStream(this.#views, { ...this.#windowed, options }, this.#windows);
  }

  /** How many records each session of each key has. */
  count(options: MaterializedWindow<number> = {}): KTable<Windowed<K>, number> {
    const merge = (older: number | null, newer: number | null): number => (older ?? 0) + (newer ?? 0);
    return this.#aggregate('KSTREAM-AGGREGATE-', { ...counting, merge }, options, long());
  }

  /** Folds the values of each key and session; the first one stands as it is. */
  reduce(
    reducer: (aggregate: V, value: V) => V,
    options: MaterializedWindow<V> = {},
  ): KTable<Windowed<K>, V> {
    const merge = (older: V | null, newer: V | null): V | null =>
      older === null || newer === null ? (older ?? newer) : reducer(older, newer);
    const aggregation = { ...reducing(reducer), merge };
    return this.#aggregate('KSTREAM-REDUCE-', aggregation, options, this.#windowed.ref.value);
  }

  /** Folds the values of each key and session into an aggregate of another type. */
  aggregate<A>(options: SessionAggregateOptions<K, V, A>): KTable<Windowed<K>, A> {
    const aggregation = options as unknown as SessionAggregation<K, V, A>;
    return this.#aggregate('KSTREAM-AGGREGATE-', aggregation, options, undefined);
  }

  #aggregate<A>(
    prefix: string,
    aggregation: SessionAggregation<K, V, A>,
    options: MaterializedWindow<A>,
    serde: Serde<A> | undefined,
  ): KTable<Windowed<K>, A> {
    const windowed = this.#windowed;
    const windowing = sessionWindowing(this.#windows);
    return windowedTable<K, V, A>(this.#views, {
      windowed,
      windowing,
      prefix,
      options,
      serde,
      operator: (parts) => sessionWindowAggregate(this.#windows, { ...parts, aggregation }),
    });
  }
}
