import type { JsonDefault } from '../serde/json-default.ts';
import type { MaterializedWindow } from '../options/materialized.ts';
import { aggregateWindowedCogroup, type WindowedCogroupRef } from '../plan/aggregate/cogrouped.ts';
import type { StartedWindowing } from '../plan/aggregate/windowing.ts';
import type { Windowed } from '../record/record.ts';
import type { Handles } from './handles.ts';
import type { InsertOnlyKTable } from './ktable.ts';

/** Several grouped streams that are aggregated by windows of time into one table. */
export class TimeWindowedCogroupedKStream<K, A> {
  readonly #handles: Handles;
  readonly #cogrouped: WindowedCogroupRef<K>;
  readonly #windowing: StartedWindowing;

  /** @internal */
  constructor(handles: Handles, cogrouped: WindowedCogroupRef<K>, windowing: StartedWindowing) {
    this.#handles = handles;
    this.#cogrouped = cogrouped;
    this.#windowing = windowing;
  }

  /** Makes the table. */
  aggregate(
    options: { initial(): A } & MaterializedWindow<A> & JsonDefault<A>,
  ): InsertOnlyKTable<Windowed<K>, A> {
    const windowing = this.#windowing;
    const aggregated = aggregateWindowedCogroup<K, A>(this.#handles.graph, this.#cogrouped, {
      windowing,
      options,
      operator: ({ add, ...parts }) =>
        windowing.operator({ ...parts, aggregation: { add, initial: () => options.initial() } }),
    });
    return this.#handles.insertOnlyTable(aggregated);
  }
}
