import type { JsonDefault } from '../serde/json-default.ts';
import {
  type SessionAggregation,
  sessionWindowAggregate,
} from '../operators/aggregate/session-window-aggregate.ts';
import type { MaterializedWindow } from '../options/materialized.ts';
import { aggregateWindowedCogroup, type WindowedCogroupRef } from '../plan/aggregate/cogrouped.ts';
import { sessionWindowing } from '../plan/aggregate/windowing.ts';
import type { Windowed } from '../record/record.ts';
import type { SessionWindows } from '../windows/session-windows.ts';
import type { Handles } from './handles.ts';
import type { KTable } from './ktable.ts';

/** Several grouped streams that are aggregated by sessions into one table. */
export class SessionWindowedCogroupedKStream<K, A> {
  readonly #handles: Handles;
  readonly #cogrouped: WindowedCogroupRef<K>;
  readonly #windows: SessionWindows;

  /** @internal */
  constructor(handles: Handles, cogrouped: WindowedCogroupRef<K>, windows: SessionWindows) {
    this.#handles = handles;
    this.#cogrouped = cogrouped;
    this.#windows = windows;
  }

  /** Makes the table; `merge` makes one aggregate of two sessions', the older one first. */
  aggregate(
    options: { initial(): A; merge(older: A, newer: A, key: K): A } & MaterializedWindow<A> & JsonDefault<A>,
  ): KTable<Windowed<K>, A> {
    const merge = options.merge.bind(options) as SessionAggregation<K, never, A>['merge'];
    const aggregated = aggregateWindowedCogroup<K, A>(this.#handles.graph, this.#cogrouped, {
      windowing: sessionWindowing(this.#windows),
      options,
      operator: ({ add, ...parts }) =>
        sessionWindowAggregate(this.#windows, {
          ...parts,
          aggregation: { add, merge, initial: () => options.initial() },
        }),
    });
    return this.#handles.table(aggregated);
  }
}
