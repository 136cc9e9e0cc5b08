import { long, type Serde } from '@millrace/log-client';
import type { StoreSpec } from '@millrace/state-stores';
import { type Aggregation, counting, reducing } from '../operators/aggregate/aggregate.ts';
import { windowAggregate } from '../operators/aggregate/window-aggregate.ts';
import type { Windowed } from '../record.ts';
import { timeWindowed } from '../serde/windowed-serde.ts';
import type { TimeWindows } from '../windows/time-windows.ts';
import type { AggregateOptions } from './kgrouped-stream.ts';
import type { KTable } from './ktable.ts';
import { keptIn, requireKeySerde, valueSerdeOr } from './materialize.ts';
import type { MaterializedWindow } from './options.ts';
import type { StreamRef, Views } from './views.ts';
import { windowedStore } from './windowed-store.ts';

/** A stream grouped by key and by windows of time. */
export class TimeWindowedKStream<K, V> {
  readonly #views: Views;
  readonly #ref: StreamRef<K, V>;
  readonly #windows: TimeWindows;
  readonly #source: (storeName: string) => StreamRef<K, V>;

  /** @internal */
  constructor(
    views: Views,
    ref: StreamRef<K, V>,
    windows: TimeWindows,
    source: (storeName: string) => StreamRef<K, V>,
  ) {
    this.#views = views;
    this.#ref = ref;
    this.#windows = windows;
    this.#source = source;
  }

  /** How many records each key has in each window. */
  count(options: MaterializedWindow<number> = {}): KTable<Windowed<K>, number> {
    return this.#aggregate('KSTREAM-AGGREGATE-', counting, options, long());
  }

  /** Folds the values of each key and window; the first one stands as it is. */
  reduce(
    reducer: (aggregate: V, value: V) => V,
    options: MaterializedWindow<V> = {},
  ): KTable<Windowed<K>, V> {
    return this.#aggregate('KSTREAM-REDUCE-', reducing(reducer), options, this.#ref.value);
  }

  /** Folds the values of each key and window into an aggregate of another type. */
  aggregate<A>(options: AggregateOptions<K, V, A> & MaterializedWindow<A>): KTable<Windowed<K>, A> {
    return this.#aggregate('KSTREAM-AGGREGATE-', options as Aggregation<K, V, A>, options, undefined);
  }

  #aggregate<A>(
    prefix: string,
    aggregation: Aggregation<K, V, A>,
    options: MaterializedWindow<A>,
    serde: Serde<A> | undefined,
  ): KTable<Windowed<K>, A> {
    const { graph } = this.#views;
    const { sizeMs, graceMs } = this.#windows;
    const storeName = options.as ?? graph.names.store(prefix);
    const node = graph.names.node(prefix, options.name);
    const ref = this.#source(storeName);
    const key = requireKeySerde(this.#ref.key, node);
    const value = valueSerdeOr(options.value, serde);
    graph.addStore(windowedStore(node, storeName, this.#windows, key, value, options) as StoreSpec);
    graph.addProcessor({
      name: node,
      parents: [ref.node],
      operator: windowAggregate(storeName, this.#windows, aggregation),
      table: keptIn(storeName),
    });
    return this.#views.table({ node, key: timeWindowed(key, sizeMs), value, sources: ref.sources, graceMs });
  }
}
