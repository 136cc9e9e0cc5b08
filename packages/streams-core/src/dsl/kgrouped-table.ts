import { long, type Serde } from '@millrace/log-client';
import type { StoreSpec } from '@millrace/state-stores';
import {
  type TableAggregation,
  tableAggregate,
  tableCounting,
  tableReducing,
} from '../operators/aggregate/table-aggregate.ts';
import { changeSerde } from '../serde/change-serde.ts';
import type { KTable } from './ktable.ts';
import { keptIn, tableStore, valueSerdeOr } from './materialize.ts';
import type { Materialized } from './options.ts';
import { repartitionSuffix } from './repartition.ts';
import { assertN, insert, remove, type TopN } from './top-n.ts';
import type { Views } from './views.ts';

/** How rows enter and leave an aggregate. */
export interface TableAggregateOptions<K, V, A> extends Materialized<A> {
  initial(): A;
  add(aggregate: A, value: V, key: K): A | null;
  subtract(aggregate: A, value: V, key: K): A | null;
}

export interface GroupedTableRef<K, V> {
  readonly node: string;
  readonly key: Serde<K>;
  readonly value: Serde<V>;
  readonly repartitionName: string | undefined;
}

/** A table whose rows are grouped by a new key. A changed row leaves its old group and enters the new one. */
export class KGroupedTable<K, V> {
  readonly #views: Views;
  readonly #ref: GroupedTableRef<K, V>;

  /** @internal */
  constructor(views: Views, ref: GroupedTableRef<K, V>) {
    this.#views = views;
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
  aggregate<A>(options: TableAggregateOptions<K, V, A>): KTable<K, A> {
    return this.#aggregate('KTABLE-AGGREGATE-', options as TableAggregation<K, V, A>, options, undefined);
  }

  /**
   * The first `n` rows of each group, in the order that `compare` gives. All rows of a group are kept, because the next one
   * moves up when one of the first leaves.
   */
  topN(n: number, options: TopN<V>): KTable<K, readonly V[]> {
    assertN(n);
    const { value } = this.#ref;
    const all = this.aggregate<readonly V[]>({
      ...options,
      initial: () => [],
      add: (rows, row) => insert(rows, row, options),
      subtract: (rows, row) => remove(rows, row, value),
    });
    return all.mapValues((rows) => rows.slice(0, n));
  }

  #aggregate<A>(
    prefix: string,
    aggregation: TableAggregation<K, V, A>,
    options: Materialized<A>,
    serde: Serde<A> | undefined,
  ): KTable<K, A> {
    const { graph } = this.#views;
    const { names } = graph;
    const { key } = this.#ref;
    // Stores of reduced tables are called aggregates too: KGroupedTableImpl#reduce.
    const storeName = options.as ?? names.store('KTABLE-AGGREGATE-');
    const sink = names.node('KSTREAM-SINK-', options.name && `${options.name}-sink`);
    const source = names.node('KSTREAM-SOURCE-', options.name && `${options.name}-source`);
    const node = names.node(prefix, options.name);
    const topic = `${this.#ref.repartitionName ?? storeName}${repartitionSuffix}`;
    const changes = changeSerde(this.#ref.value) as Serde<unknown>;
    const entry = { name: topic, key: key as Serde<unknown>, value: changes };
    graph.repartitionTopics.set(topic, { name: topic, partitions: undefined });
    graph.addSink({ name: sink, parents: [this.#ref.node], topic, key: entry.key, value: changes });
    graph.addSource({ name: source, topics: [entry], global: false });
    const value = valueSerdeOr(options.value, serde);
    graph.addStore(tableStore(storeName, key, value, options) as StoreSpec);
    graph.addProcessor({
      name: node,
      parents: [source],
      operator: tableAggregate(storeName, aggregation),
      table: keptIn(storeName, options),
    });
    const { as, historyRetentionMs } = options;
    return this.#views.table({ node, key, value, sources: [source], storeName: as, historyRetentionMs });
  }
}
