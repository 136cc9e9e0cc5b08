import type { Serde } from '@millrace/log-client';
import type { StoreSpec } from '@millrace/state-stores';
import type { LateRecords } from '../operators/aggregate/late.ts';
import type { Windowed } from '../record.ts';
import type { AnyOperator } from '../topology/operator.ts';
import type { EmitStrategy } from '../windows/emit-strategy.ts';
import type { KTable } from './ktable.ts';
import { keptIn, requireKeySerde, valueSerdeOr } from './materialize.ts';
import type { MaterializedWindow } from './options.ts';
import type { StreamRef, Views } from './views.ts';
import type { Windowing } from './windowing.ts';
import { addLateSink, lateRecordsOf, type WindowingOptions } from './windowing-options.ts';

/** A grouped stream and how it is windowed. */
export interface WindowedRef<K, V> {
  readonly ref: StreamRef<K, V>;
  /** The records where they meet by key. */
  readonly source: (storeName: string) => StreamRef<K, V>;
  /** Of unknown types: `windowedBy` has checked that they fit. */
  readonly options: WindowingOptions<never, never>;
}

export interface WindowedTable<K, V, A> {
  readonly windowed: WindowedRef<K, V>;
  readonly windowing: Windowing;
  /** How generated names begin. */
  readonly prefix: string;
  readonly options: MaterializedWindow<A>;
  readonly serde: Serde<A> | undefined;
  readonly operator: (parts: {
    readonly storeName: string;
    readonly emit: EmitStrategy;
    readonly late: LateRecords<K, V>;
  }) => AnyOperator;
}

/** Adds the node of an aggregation by windows, and its store. */
export function windowedTable<K, V, A>(
  views: Views,
  { windowed, windowing, prefix, options, serde, operator }: WindowedTable<K, V, A>,
): KTable<Windowed<K>, A> {
  const { graph } = views;
  const { emit = 'on-window-update' } = windowed.options;
  const storeName = options.as ?? graph.names.store(prefix);
  const node = graph.names.node(prefix, options.name);
  const { node: parent, sources } = windowed.source(storeName);
  const key = requireKeySerde(windowed.ref.key, node);
  const value = valueSerdeOr(options.value, serde);
  graph.addStore(windowing.store({ node, name: storeName, key, value, options, emit }) as StoreSpec);
  const late = lateRecordsOf(node, windowed.options) as LateRecords<K, V>;
  graph.addProcessor({
    name: node,
    parents: [parent],
    operator: operator({ storeName, emit, late }),
    // Results that come out once have nothing to be cached for.
    table: keptIn(storeName, { ...options, ...(emit === 'on-window-close' ? { caching: false } : {}) }),
  });
  addLateSink(graph, node, windowed.options);
  const { graceMs } = windowing;
  return views.table({
    node,
    key: windowing.keySerde(key),
    value,
    sources,
    graceMs,
    storeName: options.as,
  });
}
