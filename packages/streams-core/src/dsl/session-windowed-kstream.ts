import type { JsonDefault } from '../serde/json-default.ts';
import { long, type Serde } from '@millrace/log-client';
import { counting, reducing } from '../operators/aggregate/aggregate.ts';
import {
  type SessionAggregation,
  sessionWindowAggregate,
} from '../operators/aggregate/session-window-aggregate.ts';
import type { Windowed } from '../record/record.ts';
import type { EmitStrategy } from '../windows/emit-strategy.ts';
import type { SessionWindows } from '../windows/session-windows.ts';
import type { SessionAggregateOptions } from '../options/aggregate-options.ts';
import type { KTable } from './ktable.ts';
import type { MaterializedWindow } from '../options/materialized.ts';
import type { Handles } from './handles.ts';
import { aggregateWindowed, type WindowedRef } from '../plan/aggregate/windowed.ts';
import { sessionWindowing } from '../plan/aggregate/windowing.ts';

/** A stream grouped by key and by sessions. */
export class SessionWindowedKStream<K, V> {
  readonly #handles: Handles;
  readonly #windowed: WindowedRef<K, V>;
  readonly #windows: SessionWindows;

  /** @internal */
  constructor(handles: Handles, windowed: WindowedRef<K, V>, windows: SessionWindows) {
    this.#handles = handles;
    this.#windowed = windowed;
    this.#windows = windows;
  }

  /** Sends results as the strategy says; as the `emit` option of `windowedBy`. */
  emitStrategy(emit: EmitStrategy): SessionWindowedKStream<K, V> {
    const options = { ...this.#windowed.options, emit };
    return new SessionWindowedKStream(this.#handles, { ...this.#windowed, options }, this.#windows);
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
    return this.#aggregate('KSTREAM-REDUCE-', aggregation, options, this.#windowed.grouped.ref.value);
  }

  /** Folds the values of each key and session into an aggregate of another type. */
  aggregate<A>(options: SessionAggregateOptions<K, V, A> & JsonDefault<A>): KTable<Windowed<K>, A> {
    const aggregation = options as unknown as SessionAggregation<K, V, A>;
    return this.#aggregate('KSTREAM-AGGREGATE-', aggregation, options);
  }

  #aggregate<A>(
    prefix: string,
    aggregation: SessionAggregation<K, V, A>,
    options: MaterializedWindow<A>,
    serde?: Serde<A>,
  ): KTable<Windowed<K>, A> {
    const table = aggregateWindowed<K, V, A>(this.#handles.graph, this.#windowed, {
      windowing: sessionWindowing(this.#windows),
      prefix,
      options,
      serde,
      operator: (parts) => sessionWindowAggregate(this.#windows, { ...parts, aggregation }),
    });
    return this.#handles.table(table);
  }
}
