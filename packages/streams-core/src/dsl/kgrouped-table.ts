import type { JsonDefault } from '../serde/json-default.ts';
import { long, type Serde } from '@millrace/log-client';
import {
  type TableAggregation,
  tableCounting,
  tableReducing,
} from '../operators/aggregate/table-aggregate.ts';
import type { TableAggregateOptions, TopN } from '../options/aggregate-options.ts';
import type { Materialized } from '../options/materialized.ts';
import { aggregateTable, type GroupedTableRef } from '../plan/aggregate/table.ts';
import { assertN, insert, remove } from '../plan/aggregate/top-n.ts';
import type { Handles } from './handles.ts';
import type { KTable } from './ktable.ts';

/** A table whose rows are grouped by a new key. A changed row leaves its old group and enters the new one. */
export class KGroupedTable<K, V> {
  readonly #handles: Handles;
  readonly #ref: GroupedTableRef<K, V>;

  /** @internal */
  constructor(handles: Handles, ref: GroupedTableRef<K, V>) {
    this.#handles = handles;
    this.#ref = ref;
  }

  /** How many rows each group has. */
  count(options: Materialized<number> = {}): KTable<K, number> {
    return this.#aggregate('KTABLE-AGGREGATE-', tableCounting, options, long());
  }

  /** Folds the rows of each group; `subtract` takes out what `add` put in. */
  reduce(
    reducers: {
      readonly add: (aggregate: V, value: V) => V;
      readonly subtract: (aggregate: V, value: V) => V;
    },
    options: Materialized<V> = {},
  ): KTable<K, V> {
    const aggregation = tableReducing(reducers.add, reducers.subtract);
    return this.#aggregate('KTABLE-REDUCE-', aggregation, options, this.#ref.value);
  }

  /** Folds the rows of each group into an aggregate of another type. */
  aggregate<A>(options: TableAggregateOptions<K, V, A> & JsonDefault<A>): KTable<K, A> {
    return this.#aggregate('KTABLE-AGGREGATE-', options as TableAggregation<K, V, A>, options);
  }

  /**
   * The first `n` rows of each group, in the order that `compare` gives. All rows of a group are stored,
   * because the next one moves up when one of the first leaves.
   */
  topN(n: number, options: TopN<V>): KTable<K, readonly V[]> {
    assertN(n);
    const { value } = this.#ref;
    const ranked: TableAggregation<K, V, readonly V[]> = {
      initial: () => [],
      add: (rows, row) => insert(rows ?? [], row, options),
      subtract: (rows, row) => remove(rows ?? [], row, value),
    };
    const all = this.#aggregate('KTABLE-AGGREGATE-', ranked, options);
    return all.mapValues((rows) => rows.slice(0, n));
  }

  #aggregate<A>(
    prefix: string,
    aggregation: TableAggregation<K, V, A>,
    options: Materialized<A>,
    serde?: Serde<A>,
  ): KTable<K, A> {
    const { graph } = this.#handles;
    return this.#handles.table(aggregateTable(graph, this.#ref, { prefix, aggregation, options, serde }));
  }
}
