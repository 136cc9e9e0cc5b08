import type { JsonDefault } from '../serde/json-default.ts';
import { long, type Serde } from '@millrace/log-client';
import { type Aggregation, counting, reducing } from '../operators/aggregate/aggregate.ts';
import type { Windowed } from '../record/record.ts';
import type { EmitStrategy } from '../windows/emit-strategy.ts';
import type { AggregateOptions } from '../options/aggregate-options.ts';
import type { InsertOnlyKTable } from './ktable.ts';
import type { MaterializedWindow } from '../options/materialized.ts';
import type { Handles } from './handles.ts';
import { aggregateWindowed, type WindowedRef } from '../plan/aggregate/windowed.ts';
import type { StartedWindowing } from '../plan/aggregate/windowing.ts';

/** A stream grouped by key and by windows of time: tumbling, hopping, sliding or unlimited. */
export class TimeWindowedKStream<K, V> {
  readonly #handles: Handles;
  readonly #windowed: WindowedRef<K, V>;
  readonly #windowing: StartedWindowing;

  /** @internal */
  constructor(handles: Handles, windowed: WindowedRef<K, V>, windowing: StartedWindowing) {
    this.#handles = handles;
    this.#windowed = windowed;
    this.#windowing = windowing;
  }

  /** Sends results as the strategy says; as the `emit` option of `windowedBy`. */
  emitStrategy(emit: EmitStrategy): TimeWindowedKStream<K, V> {
    const options = { ...this.#windowed.options, emit };
    return new TimeWindowedKStream(this.#handles, { ...this.#windowed, options }, this.#windowing);
  }

  /** How many records each key has in each window. */
  count(options: MaterializedWindow<number> = {}): InsertOnlyKTable<Windowed<K>, number> {
    return this.#aggregate('KSTREAM-AGGREGATE-', counting, options, long());
  }

  /** Folds the values of each key and window; the first one stands as it is. */
  reduce(
    reducer: (aggregate: V, value: V) => V,
    options: MaterializedWindow<V> = {},
  ): InsertOnlyKTable<Windowed<K>, V> {
    return this.#aggregate('KSTREAM-REDUCE-', reducing(reducer), options, this.#windowed.grouped.ref.value);
  }

  /** Folds the values of each key and window into an aggregate of another type. */
  aggregate<A>(
    options: AggregateOptions<K, V, A> & MaterializedWindow<A> & JsonDefault<A>,
  ): InsertOnlyKTable<Windowed<K>, A> {
    return this.#aggregate('KSTREAM-AGGREGATE-', options as Aggregation<K, V, A>, options);
  }

  #aggregate<A>(
    prefix: string,
    aggregation: Aggregation<K, V, A>,
    options: MaterializedWindow<A>,
    serde?: Serde<A>,
  ): InsertOnlyKTable<Windowed<K>, A> {
    const windowing = this.#windowing;
    const table = aggregateWindowed<K, V, A>(this.#handles.graph, this.#windowed, {
      windowing,
      prefix,
      options,
      serde,
      operator: (parts) => windowing.operator({ ...parts, aggregation }),
    });
    return this.#handles.insertOnlyTable(table);
  }
}
