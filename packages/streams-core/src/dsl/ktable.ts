import type { Serde } from '@millrace/log-client';
import type { Observable } from 'rxjs';
import type { JoinSides } from '../operators/join/table-table-join.ts';
import type { KeyValue } from '../operators/stateless/map.ts';
import { tableMapValues } from '../operators/table/table-map-values.ts';
import { tableTransformValues } from '../operators/table/table-transform-values.ts';
import type { Materialized } from '../options/materialized.ts';
import type { Named } from '../options/named.ts';
import type { ProcessOptions } from '../options/process-options.ts';
import type { UntilTimeLimit, UntilWindowCloses } from '../options/suppressed.ts';
import type { TableJoined } from '../options/table-joined.ts';
import { connectStores } from '../plan/connect-stores.ts';
import { joinForeignKey } from '../plan/join/foreign-key-join.ts';
import { joinTables } from '../plan/join/table-table-join.ts';
import type { TableRef } from '../plan/refs.ts';
import { deriveTable, filterTable } from '../plan/table/derive.ts';
import { expireTable } from '../plan/table/expire.ts';
import { groupTable } from '../plan/table/group-by.ts';
import { suppressTable } from '../plan/table/suppress.ts';
import { tableToRekeyedStream, tableToStream } from '../plan/table/to-stream.ts';
import { toObservable } from '../plan/to-observable.ts';
import type { Change, StreamRecord, Windowed } from '../record/record.ts';
import type { TableHandle } from '../record/table-handle.ts';
import { holds } from '../record/returned.ts';
import type { LogicalGraph } from '../topology/graph/logical-graph.ts';
import type { ValueTransformerSupplier } from '../topology/processor.ts';
import type { Handles } from './handles.ts';
import { KGroupedTable } from './kgrouped-table.ts';
import type { KStream } from './kstream.ts';

/** A table whose rows are never deleted, such as counts of a stream: none of its changes is null. */
export type InsertOnlyKTable<K, V> = InsertOnlyChanges<K, V> & KTable<K, V>;

interface InsertOnlyChanges<K, V> {
  toStream<K2>(selector: (value: V, key: K) => K2, named?: Named): KStream<K2, V>;
  toStream(named?: Named): KStream<K, V>;
  suppress<K0>(
    this: InsertOnlyKTable<Windowed<K0>, V>,
    until: UntilWindowCloses,
  ): InsertOnlyKTable<Windowed<K0>, V>;
  suppress(until: UntilTimeLimit): InsertOnlyKTable<K, V>;
}

type Joiner<R> = (left: unknown, right: unknown) => R;

type ForeignKeyArguments<K, V> = [
  foreignKey: (value: V, key: K) => unknown,
  joiner: (left: V, right: unknown) => unknown,
  options?: Materialized<unknown> & TableJoined<K, unknown>,
];

/** A table: the latest value of each key. Its methods add operators that work on its changes. */
export class KTable<out K, out V> implements TableHandle<K, V> {
  readonly #handles: Handles;
  declare readonly '~row'?: { readonly key: K; readonly value: V } | undefined;
  /** @internal */
  readonly ref: TableRef<K, V>;

  /** @internal */
  constructor(handles: Handles, ref: TableRef<K, V>) {
    this.#handles = handles;
    this.ref = ref;
  }

  /**
   * The rows that the predicate holds for; a type guard narrows the table. A row it no longer holds for is
   * deleted.
   */
  filter<W extends V>(predicate: (value: V, key: K) => value is W, options?: Materialized<W>): KTable<K, W>;
  filter(predicate: (value: V, key: K) => boolean, options?: Materialized<V>): KTable<K, V>;
  filter(predicate: (value: V, key: K) => boolean, options: Materialized<V> = {}): KTable<K, V> {
    return this.#handles.table(filterTable(this.#graph, this.ref, predicate, options));
  }

  /** The rows that the predicate does not hold for. */
  filterNot(predicate: (value: V, key: K) => boolean, options: Materialized<V> = {}): KTable<K, V> {
    return this.filter((value, key) => !holds(predicate(value, key), 'filterNot'), options);
  }

  /** The same rows with other values. */
  mapValues<V2>(mapper: (value: V, key: K) => V2, options: Materialized<V2> = {}): KTable<K, V2> {
    const derived = deriveTable(this.#graph, this.ref, {
      prefix: 'KTABLE-MAPVALUES-',
      options,
      value: options.value,
      operator: (store) => tableMapValues(this.ref.node, mapper, store),
    });
    return this.#handles.table(derived);
  }

  /**
   * The same rows with the values that a transformer with state makes; null deletes a row, and is what it
   * gets for one.
   */
  transformValues<V2>(
    supplier: ValueTransformerSupplier<K, V, V2>,
    options: Materialized<V2> & ProcessOptions = {},
  ): KTable<K, V2> {
    const derived = deriveTable(this.#graph, this.ref, {
      prefix: 'KTABLE-TRANSFORMVALUES-',
      options,
      value: options.value,
      operator: (store) => tableTransformValues(this.ref.node, supplier, store),
      stores: connectStores(this.#graph, options),
    });
    return this.#handles.table(derived);
  }

  /** The name of the store that the rows can be looked up in; undefined where the table was given none. */
  get queryableStoreName(): string | undefined {
    return this.ref.storeName;
  }

  /** The changes as a stream under new keys. */
  toStream<K2>(selector: (value: V | null, key: K) => K2, named?: Named): KStream<K2, V | null>;
  /** The changes as a stream; a deleted row is a null value. */
  toStream(named?: Named): KStream<K, V | null>;
  toStream<K2>(
    selector?: Named | ((value: V | null, key: K) => K2),
    named?: Named,
  ): KStream<K | K2, V | null> {
    if (typeof selector !== 'function') {
      return this.#handles.stream<K, V | null>(tableToStream(this.#graph, this.ref, selector));
    }
    return this.#handles.stream<K2, V | null>(
      tableToRekeyedStream(this.#graph, this.ref, selector as (value: V | null, key: K) => K2, named),
    );
  }

  /**
   * The changes of all this process's tasks, as they are made, with the values they replace; as
   * `KStream.toObservable`.
   */
  toObservable(named: Named = {}): Observable<StreamRecord<K, Change<V>>> {
    this.#graph.requireOldValues(this.ref.node);
    return toObservable(this.#graph, this.ref.node, named);
  }

  /** Holds back changes of a windowed table until their window has closed; then forwards the last one. */
  suppress<K0>(this: KTable<Windowed<K0>, V>, until: UntilWindowCloses): KTable<Windowed<K0>, V>;
  /** Holds back changes for a time; of each row the last one is forwarded. */
  suppress(until: UntilTimeLimit): KTable<K, V>;
  suppress(until: UntilWindowCloses | UntilTimeLimit): KTable<never, V> {
    const suppressed = suppressTable(this.#graph, this.ref, until);
    return this.#handles.table(suppressed) as unknown as KTable<never, V>;
  }

  /**
   * The rows that have changed within the last `ttlMs` of stream time: each is deleted when it has not
   * changed for so long, and the delete is sent on. They are kept in a store of their own; give what they
   * come from none.
   */
  expireAfter(ttlMs: number, options: Omit<Materialized<V>, 'historyRetentionMs'> = {}): KTable<K, V> {
    return this.#handles.table(expireTable(this.#graph, this.ref, ttlMs, options));
  }

  /** Regroups the rows by a new key and value; null leaves a row out. */
  groupBy<K2, V2>(
    selector: (value: V, key: K) => KeyValue<K2, V2> | null,
    grouped: Named & { readonly key: Serde<K2>; readonly value?: Serde<V2> },
  ): KGroupedTable<K2, V2> {
    return new KGroupedTable(this.#handles, groupTable(this.#graph, this.ref, selector, grouped));
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
    const [left, right] = [this.ref, other.ref];
    return this.#handles.table(
      joinForeignKey(this.#graph, { left, right, foreignKey, joiner, isLeft, options }),
    );
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
    outer: JoinSides,
  ): KTable<K, R> {
    const [left, right] = [this.ref, other.ref];
    return this.#handles.table(joinTables<K, R>(this.#graph, { left, right, joiner, outer, options }));
  }

  get #graph(): LogicalGraph {
    return this.#handles.graph;
  }
}
