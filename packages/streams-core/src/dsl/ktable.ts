import type { Serde } from '@millrace/log-client';
import type { Observable } from 'rxjs';
import type { StoreSpec } from '@millrace/state-stores';
import { type JoinSides, tableTableJoin } from '../operators/join/table-table-join.ts';
import type { KeyValue } from '../operators/stateless/map.ts';
import { selectKey } from '../operators/stateless/select-key.ts';
import { tableMerge } from '../operators/table/keep-table.ts';
import { tableFilter } from '../operators/table/table-filter.ts';
import { tableGroupBy } from '../operators/table/table-group-by.ts';
import { tableMapValues } from '../operators/table/table-map-values.ts';
import { tableTransformValues } from '../operators/table/table-transform-values.ts';
import { toStream } from '../operators/table/to-stream.ts';
import type { Change, StreamRecord, Windowed } from '../record.ts';
import type { ValueTransformerSupplier } from '../topology/processor.ts';
import type { AnyOperator } from '../topology/operator.ts';
import { joinForeignKey, type TableJoined } from './foreign-key-join.ts';
import { KGroupedTable } from './kgrouped-table.ts';
import type { KStream } from './kstream.ts';
import { derivedFrom, keptIn, requireKeySerde, tableStore, valueSerdeOr } from './materialize.ts';
import { connectStores, type Materialized, type Named, type ProcessOptions } from './options.ts';
import { suppressTable } from './suppress-table.ts';
import type { UntilTimeLimit, UntilWindowCloses } from './suppressed.ts';
import { toObservable } from './to-observable.ts';
import type { TableRef, Views } from './views.ts';
import { holds } from '../returned.ts';

/** A table: the latest value of each key. Its methods add operators that work on its changes. */
export class KTable<out K, out V> {
  readonly #views: Views;
  readonly #ref: TableRef<K, V>;

  /** @internal */
  constructor(views: Views, ref: TableRef<K, V>) {
    this.#views = views;
    this.#ref = ref;
  }

  /** @internal */
  get ref(): TableRef<K, V> {
    return this.#ref;
  }

  /** The rows that the predicate holds for; a type guard narrows the table. A row it no longer holds for is deleted. */
  filter<W extends V>(predicate: (value: V, key: K) => value is W, options?: Materialized<W>): KTable<K, W>;
  filter(predicate: (value: V, key: K) => boolean, options?: Materialized<V>): KTable<K, V>;
  filter(predicate: (value: V, key: K) => boolean, options: Materialized<V> = {}): KTable<K, V> {
    const { graph } = this.#views;
    const value = options.value ?? this.#ref.value;
    const knowsOldValues = graph.offerOldValues(this.#ref.node);
    const filtered = this.#derive('KTABLE-FILTER-', options, value, (kept) =>
      tableFilter({
        parent: this.#ref.node,
        predicate,
        kept,
        versioned: this.#ref.historyRetentionMs !== undefined,
      }),
    );
    // Rows that were not there before need not be deleted.
    if (knowsOldValues) graph.useOldValues(filtered.ref.node);
    return filtered;
  }

  /** The rows that the predicate does not hold for. */
  filterNot(predicate: (value: V, key: K) => boolean, options: Materialized<V> = {}): KTable<K, V> {
    return this.filter((value, key) => !holds(predicate(value, key), 'filterNot'), options);
  }

  /** The same rows with other values. */
  mapValues<V2>(mapper: (value: V, key: K) => V2, options: Materialized<V2> = {}): KTable<K, V2> {
    return this.#derive('KTABLE-MAPVALUES-', options, options.value, (kept) =>
      tableMapValues(this.#ref.node, mapper, kept),
    );
  }

  /** The same rows with the values that a transformer with state makes; null deletes a row, and is what it gets for one. */
  transformValues<V2>(
    supplier: ValueTransformerSupplier<K, V, V2>,
    options: Materialized<V2> & ProcessOptions = {},
  ): KTable<K, V2> {
    const stores = connectStores(this.#views.graph, options);
    return this.#derive(
      'KTABLE-TRANSFORMVALUES-',
      options,
      options.value,
      (kept) => tableTransformValues(this.#ref.node, supplier, kept),
      stores,
    );
  }

  /** The name of the store that the rows can be looked up in; undefined where the table was given none. */
  get queryableStoreName(): string | undefined {
    return this.#ref.storeName;
  }

  /** A table worked out from this one; kept only where it is given a store. */
  #derive<V2>(
    prefix: string,
    options: Materialized<V2>,
    value: Serde<V2> | undefined,
    operator: (kept: string | undefined) => AnyOperator,
    stores: readonly string[] = [],
  ): KTable<K, V2> {
    const { graph } = this.#views;
    const node = graph.names.node(prefix, options.name);
    const { as } = options;
    if (as !== undefined) this.#addStore(node, as, valueSerdeOr(value), options);
    graph.addProcessor({
      name: node,
      parents: [this.#ref.node],
      operator: operator(as),
      stores,
      table: as === undefined ? derivedFrom(this.#ref.node) : keptIn(as, options),
    });
    // A store of its own says whether rows have versions; without one they are as they come.
    const { historyRetentionMs } = as === undefined ? this.#ref : options;
    return this.#views.table({ ...this.#ref, node, value, storeName: as, historyRetentionMs });
  }

  #addStore<V2>(node: string, name: string, value: Serde<V2>, options: Materialized<V2>): void {
    const key = requireKeySerde(this.#ref.key, node);
    this.#views.graph.addStore(tableStore(name, key, value, options) as StoreSpec);
  }

  /** The changes as a stream under new keys. */
  toStream<K2>(selector: (value: V | null, key: K) => K2, named?: Named): KStream<K2, V | null>;
  /** The changes as a stream; a deleted row is a null value. */
  toStream(named?: Named): KStream<K, V | null>;
  toStream<K2>(
    selector?: Named | ((value: V | null, key: K) => K2),
    named?: Named,
  ): KStream<K | K2, V | null> {
    const select = typeof selector === 'function' ? (selector as (value: V | null, key: K) => K2) : undefined;
    const { graph } = this.#views;
    const { key, value, sources } = this.#ref;
    const { name } = (select === undefined ? (selector as Named | undefined) : named) ?? {};
    const node = graph.names.node('KTABLE-TOSTREAM-', name);
    graph.addProcessor({ name: node, parents: [this.#ref.node], operator: toStream<K, V>() });
    const plain = { node, key, value: value as Serde<V | null> | undefined, sources, repartition: false };
    if (select === undefined) return this.#views.stream<K, V | null>(plain);
    const rekeyed = graph.names.node('KSTREAM-KEY-SELECT-');
    graph.addProcessor({ name: rekeyed, parents: [node], operator: selectKey(select) });
    return this.#views.stream<K2, V | null>({ ...plain, node: rekeyed, key: undefined, repartition: true });
  }

  /** The changes of all this process's tasks, as they are made, with the values they replace; as `KStream.toObservable`. */
  toObservable(named: Named = {}): Observable<StreamRecord<K, Change<V>>> {
    this.#views.graph.requireOldValues(this.#ref.node);
    return toObservable(this.#views, this.#ref.node, named);
  }

  /** Holds changes of a windowed table back until their window has closed; then the last one goes on. */
  suppress<K0>(this: KTable<Windowed<K0>, V>, until: UntilWindowCloses): KTable<Windowed<K0>, V>;
  /** Holds changes back for a time; of each row the last one goes on. */
  suppress(until: UntilTimeLimit): KTable<K, V>;
  suppress(until: UntilWindowCloses | UntilTimeLimit): KTable<never, V> {
    return this.#views.table(suppressTable(this.#views, this.#ref, until)) as unknown as KTable<never, V>;
  }

  /** Regroups the rows by a new key and value; null leaves a row out. */
  groupBy<K2, V2>(
    selector: (value: V, key: K) => KeyValue<K2, V2> | null,
    grouped: Named & { readonly key: Serde<K2>; readonly value?: Serde<V2> },
  ): KGroupedTable<K2, V2> {
    const { graph } = this.#views;
    const node = graph.names.node('KTABLE-SELECT-', grouped.name);
    const { key } = grouped;
    const sameKey = (a: K2, b: K2): boolean =>
      a === b || Buffer.compare(key.serialize(a), key.serialize(b)) === 0;
    graph.addProcessor({
      name: node,
      parents: [this.#ref.node],
      operator: tableGroupBy(selector, sameKey, this.#ref.historyRetentionMs !== undefined),
    });
    graph.requireOldValues(this.#ref.node);
    const value = valueSerdeOr(grouped.value);
    return new KGroupedTable(this.#views, { node, key, value, repartitionName: grouped.name });
  }

  /** Rows with the same key in both tables, joined. */
  join<V2, R>(
    other: KTable<K, V2>,
    joiner: (left: V, right: V2) => R,
    options?: Materialized<R>,
  ): KTable<K, R>;
  /** Rows joined with the other table's row of the key that `foreignKey` gives; null leaves a row out. */
  join<KO, V2, R>(
    other: KTable<KO, V2>,
    foreignKey: (value: V, key: K) => KO | null,
    joiner: (left: V, right: V2) => R,
    options?: Materialized<R> & TableJoined<K, KO>,
  ): KTable<K, R>;
  join(other: KTable<unknown, unknown>, ...rest: readonly unknown[]): KTable<K, unknown> {
    return this.#joinEither(other, rest, false);
  }

  /** All rows of this table, with null where the other has none. */
  leftJoin<V2, R>(
    other: KTable<K, V2>,
    joiner: (left: V, right: V2 | null) => R,
    options?: Materialized<R>,
  ): KTable<K, R>;
  /** As the join by a foreign key, with null where the other table has no such row or the key is null. */
  leftJoin<KO, V2, R>(
    other: KTable<KO, V2>,
    foreignKey: (value: V, key: K) => KO | null,
    joiner: (left: V, right: V2 | null) => R,
    options?: Materialized<R> & TableJoined<K, KO>,
  ): KTable<K, R>;
  leftJoin(other: KTable<unknown, unknown>, ...rest: readonly unknown[]): KTable<K, unknown> {
    return this.#joinEither(other, rest, true);
  }

  /** A second function says that the first one gives a foreign key. */
  #joinEither(
    other: KTable<unknown, unknown>,
    args: readonly unknown[],
    isLeft: boolean,
  ): KTable<K, unknown> {
    if (typeof args[1] !== 'function') {
      const [joiner, options = {}] = args as [Joiner<unknown>, Materialized<unknown>?];
      return this.#join(other as KTable<K, unknown>, joiner, options, { left: isLeft, right: false });
    }
    const [foreignKey, joiner, options = {}] = args as ForeignKeyArguments<K, V>;
    const [left, right] = [this.#ref, other.ref];
    const join = { left, right, foreignKey, joiner, isLeft, options };
    return this.#views.table(joinForeignKey(this.#views, join));
  }

  /** All rows of both tables, with null where one has none. */
  outerJoin<V2, R>(
    other: KTable<K, V2>,
    joiner: (left: V | null, right: V2 | null) => R,
    options: Materialized<R> = {},
  ): KTable<K, R> {
    return this.#join(other, joiner as Joiner<R>, options, { left: true, right: true });
  }

  #join<R>(
    other: KTable<K, unknown>,
    joiner: Joiner<R>,
    options: Materialized<R>,
    keeps: JoinSides,
  ): KTable<K, R> {
    const { graph } = this.#views;
    const { name, as } = options;
    const [left, right] = [this.#ref, other.ref];
    const merge = graph.names.node('KTABLE-MERGE-', name);
    if (keeps.left) graph.requireOldValues(left.node);
    if (keeps.right) graph.requireOldValues(right.node);
    const leftNode = graph.names.node('KTABLE-JOINTHIS-', name && `${name}-join-this`);
    const rightNode = graph.names.node('KTABLE-JOINOTHER-', name && `${name}-join-other`);
    const side = (own: AnyRef, other: AnyRef, which: 'left' | 'right', node: string): void =>
      graph.addProcessor({
        name: node,
        parents: [own.node],
        operator: tableTableJoin({
          own: own.node,
          other: other.node,
          side: which,
          keeps,
          joiner,
          versioned: own.historyRetentionMs !== undefined,
        }),
        views: [other.node],
        // Its view looks up its own side as well.
        table: derivedFrom(own.node, other.node),
      });
    side(left, right, 'left', leftNode);
    side(right, left, 'right', rightNode);
    const sources = [...new Set([...left.sources, ...right.sources])];
    graph.requireCopartitioning(merge, sources);
    const value = options.value;
    if (as !== undefined) this.#addStore(merge, as, valueSerdeOr(value), options);
    graph.addProcessor({
      name: merge,
      parents: [leftNode, rightNode],
      operator: tableMerge(leftNode, as),
      table: as === undefined ? derivedFrom(leftNode, rightNode) : keptIn(as, options),
    });
    const historyRetentionMs = as === undefined ? undefined : options.historyRetentionMs;
    const key = left.key ?? right.key;
    return this.#views.table({ node: merge, key, value, sources, storeName: as, historyRetentionMs });
  }
}

type ForeignKeyArguments<K, V> = [
  foreignKey: (value: V, key: K) => unknown,
  joiner: (left: V, right: unknown) => unknown,
  options?: Materialized<unknown> & TableJoined<K, unknown>,
];
type AnyRef = TableRef<unknown, unknown>;
type Joiner<R> = (left: unknown, right: unknown) => R;
