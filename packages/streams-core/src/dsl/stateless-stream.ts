import type { Serde } from '@millrace/log-client';
import { assertAsyncOptions } from '../operators/async/async-calls.ts';
import type { AsyncContext, AsyncOptions } from '../operators/async/async-options.ts';
import { flatMapValuesAsync } from '../operators/async/flat-map-values-async.ts';
import { forEachAsync } from '../operators/async/for-each-async.ts';
import { mapValuesAsync } from '../operators/async/map-values-async.ts';
import { type AsyncProcessContext, processAsync } from '../operators/async/process-async.ts';
import { filter } from '../operators/stateless/filter.ts';
import { flatMap } from '../operators/stateless/flat-map.ts';
import { flatMapValues } from '../operators/stateless/flat-map-values.ts';
import { forEach } from '../operators/stateless/for-each.ts';
import { type KeyValue, map } from '../operators/stateless/map.ts';
import { mapValues } from '../operators/stateless/map-values.ts';
import { peek } from '../operators/stateless/peek.ts';
import { process, processValues } from '../operators/stateless/process.ts';
import { selectKey } from '../operators/stateless/select-key.ts';
import type { StreamRecord } from '../record.ts';
import type { Operator } from '../topology/operator.ts';
import type { FixedKeyProcessorSupplier, ProcessorSupplier } from '../topology/processor.ts';
import type { KStream } from './kstream.ts';
import { connectStores, type Named, type ProcessOptions } from './options.ts';
import { printed, type Printed } from './printed.ts';
import type { StreamRef, Views } from './views.ts';
import { holds } from '../returned.ts';

/** What a stream can do with each record by itself, and with processors of your own. */
export abstract class StatelessStream<out K, out V> {
  /** @internal */
  protected readonly views: Views;
  /** @internal */
  readonly ref: StreamRef<K, V>;

  /** @internal */
  constructor(views: Views, ref: StreamRef<K, V>) {
    this.views = views;
    this.ref = ref;
  }

  /** Adds an operator after this stream's node; returns its node's name. */
  /** @internal */
  protected add<K2, V2>(
    prefix: string,
    operator: Operator<K, V, K2, V2>,
    { name, stores = [] }: { readonly name?: string; readonly stores?: readonly string[] },
  ): string {
    const node = this.views.graph.names.node(prefix, name);
    this.views.graph.addProcessor({ name: node, parents: [this.ref.node], operator, stores });
    return node;
  }

  /** Keeps the records that the predicate holds for; a type guard narrows the stream. */
  filter<W extends V>(predicate: (value: V, key: K) => value is W, named?: Named): KStream<K, W>;
  filter(predicate: (value: V, key: K) => boolean, named?: Named): KStream<K, V>;
  filter(predicate: (value: V, key: K) => boolean, named: Named = {}): KStream<K, V> {
    return this.views.stream({ ...this.ref, node: this.add('KSTREAM-FILTER-', filter(predicate), named) });
  }

  /** Keeps the records that the predicate does not hold for. */
  filterNot(predicate: (value: V, key: K) => boolean, named: Named = {}): KStream<K, V> {
    return this.filter((value, key) => !holds(predicate(value, key), 'filterNot'), named);
  }

  /** A new key and value for each record. Grouping or joining it goes through a topic. */
  map<K2, V2>(mapper: (value: V, key: K) => KeyValue<K2, V2>, named: Named = {}): KStream<K2, V2> {
    return this.#rekeyed(this.add('KSTREAM-MAP-', map(mapper), named), undefined);
  }

  /** A new value for each record. */
  mapValues<V2>(mapper: (value: V, key: K) => V2, named: Named = {}): KStream<K, V2> {
    return this.#revalued(this.add('KSTREAM-MAPVALUES-', mapValues(mapper), named));
  }

  /** Any number of records for each one. Grouping or joining them goes through a topic. */
  flatMap<K2, V2>(
    mapper: (value: V, key: K) => Iterable<KeyValue<K2, V2>>,
    named: Named = {},
  ): KStream<K2, V2> {
    return this.#rekeyed(this.add('KSTREAM-FLATMAP-', flatMap(mapper), named), undefined);
  }

  /** Any number of values for each one, under the same key. */
  flatMapValues<V2>(mapper: (value: V, key: K) => Iterable<V2>, named: Named = {}): KStream<K, V2> {
    return this.#revalued(this.add('KSTREAM-FLATMAPVALUES-', flatMapValues(mapper), named));
  }

  /** A new key for each record. Grouping or joining it goes through a topic. */
  selectKey<K2>(
    selector: (value: V, key: K) => K2,
    options: Named & { readonly key?: Serde<K2> } = {},
  ): KStream<K2, V> {
    const node = this.add('KSTREAM-KEY-SELECT-', selectKey(selector), options);
    const { value, sources } = this.ref;
    return this.views.stream({ node, key: options.key, value, sources, repartition: true });
  }

  /** Shows each record to an action, awaiting it if it returns a promise, and passes it on. */
  peek(action: (value: V, key: K) => void | Promise<void>, named: Named = {}): KStream<K, V> {
    return this.views.stream({ ...this.ref, node: this.add('KSTREAM-PEEK-', peek(action), named) });
  }

  /** Hands each record to an action, awaiting it if it returns a promise. */
  foreach(action: (value: V, key: K) => void | Promise<void>, named: Named = {}): void {
    this.add('KSTREAM-FOREACH-', forEach(action), named);
  }

  /**
   * A new value for each record, out of calls that run beside each other. Offsets are committed only up to what has finished, so
   * that no record is lost; one whose call fails for good goes to the processing-exception handler.
   */
  mapValuesAsync<V2>(
    mapper: (value: V, key: K, context: AsyncContext) => Promise<V2>,
    options: AsyncOptions & Named = {},
  ): KStream<K, V2> {
    return this.#async('KSTREAM-MAPVALUES-', options, mapValuesAsync(mapper, options));
  }

  /** Any number of values for each record under the same key, as with `mapValuesAsync`. */
  flatMapValuesAsync<V2>(
    mapper: (value: V, key: K, context: AsyncContext) => Promise<Iterable<V2>>,
    options: AsyncOptions & Named = {},
  ): KStream<K, V2> {
    return this.#async('KSTREAM-FLATMAPVALUES-', options, flatMapValuesAsync(mapper, options));
  }

  /** Hands each record to an action, as with `mapValuesAsync`; its offset is committed once the action has ended. */
  foreachAsync(
    action: (value: V, key: K, context: AsyncContext) => Promise<void>,
    options: AsyncOptions & Named = {},
  ): void {
    this.#async('KSTREAM-FOREACH-', options, forEachAsync(action, options));
  }

  /** Runs an asynchronous processor without stores, as with `mapValuesAsync`; its results may have any key. */
  processAsync<K2, V2>(
    processor: (record: StreamRecord<K, V>, context: AsyncProcessContext<K2, V2>) => Promise<void>,
    options: AsyncOptions & Named = {},
  ): KStream<K2, V2> {
    const { node } = this.#async('KSTREAM-PROCESSOR-', options, processAsync(processor, options)).ref;
    return this.#rekeyed(node, undefined);
  }

  #async<K2, V2>(
    prefix: string,
    options: AsyncOptions & Named,
    operator: Operator<K, V, K2, V2>,
  ): KStream<K, V2> {
    assertAsyncOptions(options.name ?? prefix, options);
    return this.#revalued(this.add(prefix, operator, options));
  }

  /** Prints each record, for people to read: `[label]: key, value`. */
  print(options: Printed<K, V> = {}): void {
    this.add('KSTREAM-PRINTER-', forEach(printed(options)), options);
  }

  /** Runs a processor of your own, with the stores it names; its results may have any key. */
  process<K2, V2>(supplier: ProcessorSupplier<K, V, K2, V2>, options: ProcessOptions = {}): KStream<K2, V2> {
    const stores = connectStores(this.views.graph, options);
    return this.#rekeyed(
      this.add('KSTREAM-PROCESSOR-', process(supplier), { ...options, stores }),
      undefined,
    );
  }

  /** Runs a processor of your own that keeps the key. */
  processValues<V2>(
    supplier: FixedKeyProcessorSupplier<K, V, V2>,
    options: ProcessOptions = {},
  ): KStream<K, V2> {
    const stores = connectStores(this.views.graph, options);
    return this.#revalued(
      this.add('KSTREAM-PROCESSVALUES-', processValues(supplier), { ...options, stores }),
    );
  }

  #rekeyed<K2, V2>(node: string, value: Serde<V2> | undefined): KStream<K2, V2> {
    return this.views.stream({ node, key: undefined, value, sources: this.ref.sources, repartition: true });
  }

  #revalued<V2>(node: string): KStream<K, V2> {
    return this.views.stream({ ...this.ref, node, value: undefined });
  }
}
