import type { Materialized, MaterializedWindow } from './materialized.ts';

/** What an aggregation is made of. `add` may return null, which deletes the aggregate. */
export interface AggregateOptions<K, V, A> extends Materialized<A> {
  initial(): A;
  add(aggregate: A, value: V, key: K): A | null;
}

/** As AggregateOptions, with how the aggregates of two sessions become one, the older one first. */
export interface SessionAggregateOptions<K, V, A> extends AggregateOptions<K, V, A>, MaterializedWindow<A> {
  merge(older: A, newer: A, key: K): A;
}

/** How rows enter and leave an aggregate. */
export interface TableAggregateOptions<K, V, A> extends Materialized<A> {
  initial(): A;
  add(aggregate: A, value: V, key: K): A | null;
  subtract(aggregate: A, value: V, key: K): A | null;
}

/** How the rows of a group are ranked. */
export interface TopN<V> extends Materialized<readonly V[]> {
  /**
   * Negative where the first comes before the second, as for `Array.sort`. Of equal ones the older comes
   * first.
   */
  compare(a: V, b: V): number;
}
