import type { Serde } from '@millrace/log-client';
import type { Observable } from 'rxjs';
import { assertAsyncOptions } from '../operators/async/async-calls.ts';
import type { AsyncContext, AsyncOptions } from '../operators/async/async-options.ts';
import { flatMapValuesAsync } from '../operators/async/flat-map-values-async.ts';
import { forEachAsync } from '../operators/async/for-each-async.ts';
import { mapValuesAsync } from '../operators/async/map-values-async.ts';
import { type AsyncProcessContext, processAsync } from '../operators/async/process-async.ts';
import { process, processValues } from '../operators/process/process.ts';
import { filter } from '../operators/stateless/filter.ts';
import { flatMap } from '../operators/stateless/flat-map.ts';
import { flatMapValues } from '../operators/stateless/flat-map-values.ts';
import { forEach } from '../operators/stateless/for-each.ts';
import { map } from '../operators/stateless/map.ts';
import { mapValues } from '../operators/stateless/map-values.ts';
import { peek } from '../operators/stateless/peek.ts';
import { selectKey } from '../operators/stateless/select-key.ts';
import type { Grouped } from '../options/grouped.ts';
import type { TableJoinOptions } from '../options/joined.ts';
import type { DeduplicateOptions, ThrottleOptions } from '../options/limits.ts';
import type { Materialized } from '../options/materialized.ts';
import type { Named } from '../options/named.ts';
import { type Printed, printed } from '../options/printed.ts';
import type { Forwards, ForwardsValues, ProcessOptions } from '../options/process-options.ts';
import type { Produced } from '../options/produced.ts';
import type { Repartitioned } from '../options/repartitioned.ts';
import type { StreamJoined } from '../options/stream-joined.ts';
import { joinStreams } from '../plan/join/stream-stream-join.ts';
import { joinTable } from '../plan/join/stream-table-join.ts';
import { deduplicateStream, throttleStream } from '../plan/limit.ts';
import { mergeStreams } from '../plan/merge.ts';
import { connectStores } from '../plan/connect-stores.ts';
import type { StreamRef } from '../plan/refs.ts';
import { repartitionStream } from '../plan/repartition.ts';
import { addSink, type Serializers, type SinkTarget } from '../plan/sinks.ts';
import { type Branches, splitStream } from '../plan/split.ts';
import { toTable } from '../plan/table/to-table.ts';
import { toObservable } from '../plan/to-observable.ts';
import type { StreamRecord } from '../record/record.ts';
import { holds } from '../record/returned.ts';
import type { SinkTopic, TakesStream } from '../serde/topic.ts';
import type { LogicalGraph } from '../topology/graph/logical-graph.ts';
import type { Operator } from '../topology/operator.ts';
import type { FixedKeyProcessorSupplier, ProcessorSupplier } from '../topology/processor.ts';
import type { JoinWindows, StreamsAreJoinedWithin } from '../windows/join-windows.ts';
import type { JoinSides } from '../operators/join/table-table-join.ts';
import type { GlobalKTable } from './global-ktable.ts';
import type { Handles } from './handles.ts';
import { KGroupedStream } from './kgrouped-stream.ts';
import type { KTable } from './ktable.ts';
import type { SplitStreams } from './split-streams.ts';

type Joinable<K> = KStream<K, unknown> | KTable<K, unknown> | GlobalKTable<unknown, unknown>;

type StreamJoinArguments<K, V> = readonly [
  joiner: (left: V | null, right: unknown, key: K) => unknown,
  windows: JoinWindows,
  options?: StreamJoined<K, V, unknown>,
];

type TableJoinArguments<K, V> = readonly [
  selectKey: ((value: V, key: K) => unknown) | undefined,
  joiner: (value: V, row: unknown, key: K) => unknown,
  options?: TableJoinOptions,
];

/** A stream of records: each one stands for itself. Its methods add operators to the topology. */
export class KStream<out K, out V> {
  readonly #handles: Handles;
  /** @internal */
  readonly ref: StreamRef<K, V>;

  /** @internal */
  constructor(handles: Handles, ref: StreamRef<K, V>) {
    this.#handles = handles;
    this.ref = ref;
  }

  /** Keeps the records that the predicate holds for; a type guard narrows the stream. */
  filter<W extends V>(predicate: (value: V, key: K) => value is W, named?: Named): KStream<K, W>;
  filter(predicate: (value: V, key: K) => boolean, named?: Named): KStream<K, V>;
  filter(predicate: (value: V, key: K) => boolean, named: Named = {}): KStream<K, V> {
    return this.#same('KSTREAM-FILTER-', filter(predicate), named);
  }

  /** Keeps the records that the predicate does not hold for. */
  filterNot(predicate: (value: V, key: K) => boolean, named: Named = {}): KStream<K, V> {
    return this.filter((value, key) => !holds(predicate(value, key), 'filterNot'), named);
  }

  /** A new key and value for each record. Grouping or joining it goes through a topic. */
  map<K2 = never, V2 = never>(
    mapper: (value: V, key: K) => readonly [key: K2, value: V2],
    named: Named = {},
  ): KStream<K2, V2> {
    return this.#rekeyed('KSTREAM-MAP-', map(mapper), named);
  }

  /** A new value for each record. */
  mapValues<V2>(mapper: (value: V, key: K) => V2, named: Named = {}): KStream<K, V2> {
    return this.#revalued('KSTREAM-MAPVALUES-', mapValues(mapper), named);
  }

  /** Any number of records for each one. Grouping or joining them goes through a topic. */
  flatMap<K2 = never, V2 = never>(
    mapper: (value: V, key: K) => Iterable<readonly [key: K2, value: V2]>,
    named: Named = {},
  ): KStream<K2, V2> {
    return this.#rekeyed('KSTREAM-FLATMAP-', flatMap(mapper), named);
  }

  /** Any number of values for each one, under the same key. */
  flatMapValues<V2>(mapper: (value: V, key: K) => Iterable<V2>, named: Named = {}): KStream<K, V2> {
    return this.#revalued('KSTREAM-FLATMAPVALUES-', flatMapValues(mapper), named);
  }

  /** A new key for each record. Grouping or joining it goes through a topic. */
  selectKey<K2>(
    selector: (value: V, key: K) => K2,
    options: Named & { readonly key?: Serde<K2> } = {},
  ): KStream<K2, V> {
    return this.#handles.stream(this.#selectKey(selector, options, options.key));
  }

  /** Shows each record to an action, awaiting it if it returns a promise, and passes it on. */
  peek(action: (value: V, key: K) => void | Promise<void>, named: Named = {}): KStream<K, V> {
    return this.#same('KSTREAM-PEEK-', peek(action), named);
  }

  /** Hands each record to an action, awaiting it if it returns a promise. */
  foreach(action: (value: V, key: K) => void | Promise<void>, named: Named = {}): void {
    this.#add('KSTREAM-FOREACH-', forEach(action), named);
  }

  /**
   * A new value for each record, from calls that run concurrently. Offsets are committed only up to what has
   * finished, so that no record is lost; one whose call fails for good goes to the processing-exception
   * handler.
   */
  mapValuesAsync<V2>(
    mapper: (value: V, key: K, context: AsyncContext) => Promise<V2>,
    options: AsyncOptions & Named = {},
  ): KStream<K, V2> {
    return this.#revalued('KSTREAM-MAPVALUES-', mapValuesAsync(mapper, options), options);
  }

  /** Any number of values for each record under the same key, as with `mapValuesAsync`. */
  flatMapValuesAsync<V2>(
    mapper: (value: V, key: K, context: AsyncContext) => Promise<Iterable<V2>>,
    options: AsyncOptions & Named = {},
  ): KStream<K, V2> {
    return this.#revalued('KSTREAM-FLATMAPVALUES-', flatMapValuesAsync(mapper, options), options);
  }

  /**
   * Hands each record to an action, as with `mapValuesAsync`; its offset is committed once the action has
   * ended.
   */
  foreachAsync(
    action: (value: V, key: K, context: AsyncContext) => Promise<void>,
    options: AsyncOptions & Named = {},
  ): void {
    this.#add('KSTREAM-FOREACH-', forEachAsync(action, options), options);
  }

  /**
   * Runs an asynchronous processor without stores, as with `mapValuesAsync`; its results may have any key.
   * What it forwards is said as with `process`.
   */
  processAsync<K2 = K, V2 = V>(
    processor: (record: StreamRecord<K, V>, context: AsyncProcessContext<K2, V2>) => Promise<void>,
    options: AsyncOptions & Forwards<K2, V2> & Named = {},
  ): KStream<K2, V2> {
    return this.#rekeyed('KSTREAM-PROCESSOR-', processAsync(processor, options), options);
  }

  /** Prints each record, for people to read: `[label]: key, value`. */
  print(options: Printed<K, V> = {}): void {
    this.#add('KSTREAM-PRINTER-', forEach(printed(options)), options);
  }

  /**
   * Runs a processor of your own, with the stores it names; its results may have any key. What it forwards is
   * what the serdes of the options say, or the type arguments; without them it is of the types that come in.
   */
  process<K2 = K, V2 = V>(
    supplier: ProcessorSupplier<K, V, K2, V2>,
    options: Forwards<K2, V2> & ProcessOptions = {},
  ): KStream<K2, V2> {
    return this.#rekeyed('KSTREAM-PROCESSOR-', process(supplier), options);
  }

  /** Runs a processor of your own that keeps the key; what it forwards is said as with `process`. */
  processValues<V2 = V>(
    supplier: FixedKeyProcessorSupplier<K, V, V2>,
    options: ForwardsValues<V2> & ProcessOptions = {},
  ): KStream<K, V2> {
    return this.#revalued('KSTREAM-PROCESSVALUES-', processValues(supplier), options);
  }

  /** The records of both streams, in no order between the two. */
  merge<V2>(other: KStream<K, V2>, named: Named = {}): KStream<K, V | V2> {
    return this.#handles.stream(mergeStreams(this.#graph, this.ref, other.ref, named));
  }

  /**
   * Sends each record to the first branch whose predicate holds for it, in the order they are written;
   * `'rest'` takes what none took, and without it such records are dropped. Type guards narrow their branch,
   * and the rest.
   */
  split<const B extends Branches<K, V>>(branches: B, named: Named = {}): SplitStreams<K, V, B> {
    const refs = splitStream(this.#graph, this.ref, branches, named);
    const streams = [...refs].map(([name, ref]) => [name, this.#handles.stream(ref)]);
    return Object.fromEntries(streams) as SplitStreams<K, V, B>;
  }

  /** Sends the stream through a repartition topic, so that records with the same key meet in one task. */
  repartition(options: Repartitioned<K, V> = {}): KStream<K, V> {
    return this.#handles.stream(repartitionStream(this.#graph, this.ref, options));
  }

  /** Writes the stream to a topic. */
  to<TK, TV>(topic: SinkTopic<TK, TV> & TakesStream<K, V, TK, TV>, produced?: Produced<K, V>): void;
  /** Writes each record to the topic that `choose` names; its serdes are those given. */
  to(choose: (record: StreamRecord<K, V>) => string, serdes: Serializers<K, V> & Produced<K, V>): void;
  to(target: SinkTarget<K, V>, options: Partial<Serializers<K, V>> & Produced<K, V> = {}): void {
    const name = this.#graph.names.node('KSTREAM-SINK-', options.name);
    addSink(this.#graph, { name, parents: [this.ref.node], target, options });
  }

  /**
   * Reads the stream as the changes of a table: the last value of each key is its row, a null value deletes
   * it.
   */
  toTable(options: Materialized<V> & { readonly key?: Serde<K> } = {}): KTable<K, V> {
    return this.#handles.table(toTable(this.#graph, this.ref, options));
  }

  /**
   * Lets the first of equal records through and leaves out those no more than `withinMs` away from one that
   * went through, in the time of their timestamps, before or after it.
   */
  deduplicate(options: DeduplicateOptions<K, V>): KStream<K, V> {
    return this.#handles.stream(deduplicateStream(this.#graph, this.ref, options));
  }

  /**
   * Lets at most `limit` records of each key through in every interval of stream time; others are left out.
   */
  throttle(options: ThrottleOptions<K>): KStream<K, V> {
    return this.#handles.stream(throttleStream(this.#graph, this.ref, options));
  }

  /**
   * The records of all this process's tasks, as they are processed: of use to look at, not to keep, because
   * after a crash records are processed again. It ends with the process and is silent while no app runs the
   * topology.
   */
  toObservable(named: Named = {}): Observable<StreamRecord<K, V>> {
    return toObservable(this.#graph, this.ref.node, named);
  }

  /** Groups the stream by its key; through a topic only where the key has been changed. */
  groupByKey(grouped: Grouped<K, V> = {}): KGroupedStream<K, V> {
    const { key = this.ref.key, value = this.ref.value, name } = grouped;
    return new KGroupedStream(this.#handles, { ref: { ...this.ref, key, value }, name });
  }

  /** Groups the stream by a new key, through a topic. */
  groupBy<K2>(
    selector: (value: V, key: K) => K2,
    grouped: Grouped<K2, V> & { readonly key: Serde<K2> },
  ): KGroupedStream<K2, V> {
    const { name, key, value = this.ref.value } = grouped;
    const ref = { ...this.#selectKey(selector, grouped, key), value };
    return new KGroupedStream(this.#handles, { ref, name });
  }

  /** Joins each record with the table's row of its key; records without one are left out. */
  join<V2, R>(
    table: KTable<K, V2>,
    joiner: (value: V, row: V2, key: K) => R,
    options?: TableJoinOptions,
  ): KStream<K, R>;
  /** Joins each record with those of another stream that have its key and are not too far off in time. */
  join<V2, R>(
    other: KStream<K, V2>,
    joiner: (left: V, right: V2, key: K) => R,
    windows: JoinWindows,
    options?: StreamJoined<K, V, V2>,
  ): KStream<K, R>;
  join<V2>(
    other: KStream<K, V2>,
    joiner: (left: V, right: V2, key: K) => unknown,
  ): StreamsAreJoinedWithin<JoinWindows>;
  /** Joins each record with the global table's row of the key that `selectKey` gives. */
  join<K2, V2, R>(
    table: GlobalKTable<K2, V2>,
    selectKey: (value: V, key: K) => K2 | null,
    joiner: (value: V, row: V2, key: K) => R,
    named?: Named,
  ): KStream<K, R>;
  join(other: Joinable<K>, ...rest: unknown[]): KStream<K, unknown> & StreamsAreJoinedWithin<JoinWindows> {
    return this.#join(other, rest, { left: false, right: false });
  }

  /** As `join`, but every record comes through: with null where it finds no partner. */
  leftJoin<V2, R>(
    table: KTable<K, V2>,
    joiner: (value: V, row: V2 | null, key: K) => R,
    options?: TableJoinOptions,
  ): KStream<K, R>;
  /** With null once the window and the grace have passed without a partner. */
  leftJoin<V2, R>(
    other: KStream<K, V2>,
    joiner: (left: V, right: V2 | null, key: K) => R,
    windows: JoinWindows,
    options?: StreamJoined<K, V, V2>,
  ): KStream<K, R>;
  leftJoin<V2>(
    other: KStream<K, V2>,
    joiner: (left: V, right: V2 | null, key: K) => unknown,
  ): StreamsAreJoinedWithin<JoinWindows>;
  leftJoin<K2, V2, R>(
    table: GlobalKTable<K2, V2>,
    selectKey: (value: V, key: K) => K2 | null,
    joiner: (value: V, row: V2 | null, key: K) => R,
    named?: Named,
  ): KStream<K, R>;
  leftJoin(
    other: Joinable<K>,
    ...rest: unknown[]
  ): KStream<K, unknown> & StreamsAreJoinedWithin<JoinWindows> {
    return this.#join(other, rest, { left: true, right: false });
  }

  /**
   * Every record of both streams comes through: with null once window and grace have passed without a
   * partner.
   */
  outerJoin<V2, R>(
    other: KStream<K, V2>,
    joiner: (left: V | null, right: V2 | null, key: K) => R,
    windows: JoinWindows,
    options: StreamJoined<K, V, V2> = {},
  ): KStream<K, R> {
    const [left, right, outer] = [this.ref, other.ref, { left: true, right: true }];
    return this.#handles.stream(joinStreams(this.#graph, { left, right, windows, joiner, outer, options }));
  }

  #join(other: Joinable<K>, args: readonly unknown[], outer: JoinSides): KStream<K, unknown> {
    if (other instanceof KStream) {
      const [joiner, windows, options = {}] = args as StreamJoinArguments<K, V>;
      const [left, right] = [this.ref, other.ref];
      return this.#handles.stream(joinStreams(this.#graph, { left, right, windows, joiner, outer, options }));
    }
    // A second function says that the first one selects a global table's key.
    const isGlobal = typeof args[1] === 'function';
    const all = (isGlobal ? args : [undefined, ...args]) as TableJoinArguments<K, V>;
    const [selectKey, joiner, options = {}] = all;
    const [stream, table, isLeft] = [this.ref, other.ref, outer.left];
    return this.#handles.stream(
      joinTable(this.#graph, { stream, table, selectKey, joiner, isLeft, options }),
    );
  }

  get #graph(): LogicalGraph {
    return this.#handles.graph;
  }

  /** Adds an operator after this stream's node; returns the name of its node. */
  #add<K2, V2>(
    prefix: string,
    operator: Operator<K, V, K2, V2>,
    options: AsyncOptions & ProcessOptions,
  ): string {
    const name = this.#graph.names.node(prefix, options.name);
    assertAsyncOptions(name, options);
    const stores = connectStores(this.#graph, options);
    this.#graph.addProcessor({ name, parents: [this.ref.node], operator, stores });
    return name;
  }

  /** Adds an operator that forwards the same records. */
  #same<K2, V2>(prefix: string, operator: Operator<K, V, K2, V2>, options: Named): KStream<K, V> {
    return this.#handles.stream({ ...this.ref, node: this.#add(prefix, operator, options) });
  }

  /** Adds an operator that forwards other values under the same keys. */
  #revalued<K2, V2>(
    prefix: string,
    operator: Operator<K, V, K2, V2>,
    options: AsyncOptions & ForwardsValues<V2> & ProcessOptions,
  ): KStream<K, V2> {
    return this.#handles.stream({
      ...this.ref,
      node: this.#add(prefix, operator, options),
      value: options.value,
    });
  }

  /** Adds an operator that forwards records under other keys. */
  #rekeyed<K2, V2>(
    prefix: string,
    operator: Operator<K, V, K2, V2>,
    options: AsyncOptions & Forwards<K2, V2> & ProcessOptions,
  ): KStream<K2, V2> {
    const node = this.#add(prefix, operator, options);
    const { sources } = this.ref;
    const { key, value } = options;
    return this.#handles.stream({ node, key, value, sources, repartition: true });
  }

  #selectKey<K2>(
    selector: (value: V, key: K) => K2,
    named: Named,
    key: Serde<K2> | undefined,
  ): StreamRef<K2, V> {
    const node = this.#add('KSTREAM-KEY-SELECT-', selectKey(selector), named);
    const { value, sources } = this.ref;
    return { node, key, value, sources, repartition: true };
  }
}
