import type { Serde } from '@millrace/log-client';
import type { StoreSpec } from '@millrace/state-stores';
import type { LateRecords } from '../../operators/aggregate/late.ts';
import type { MaterializedWindow } from '../../options/materialized.ts';
import type { WindowingOptions } from '../../options/windowed-options.ts';
import type { Windowed } from '../../record/record.ts';
import type { LogicalGraph } from '../../topology/graph/logical-graph.ts';
import type { KeptOnce } from '../../topology/graph/nodes.ts';
import type { AnyOperator } from '../../topology/operator.ts';
import type { EmitStrategy } from '../../windows/emit-strategy.ts';
import { keptIn, requireKeySerde, valueSerdeOr } from '../materialize.ts';
import type { TableRef } from '../refs.ts';
import { type GroupedRef, repartitionGrouped } from './grouped.ts';
import { addLateSink, lateRecordsOf } from './late-sink.ts';
import type { Windowing } from './windowing.ts';

/** A grouped stream and how it is windowed. */
export interface WindowedRef<K, V> {
  readonly grouped: GroupedRef<K, V>;
  /** Of unknown types: `windowedBy` has checked that they fit. */
  readonly options: WindowingOptions<never, never>;
}

export interface WindowedAggregation<K, V, A> {
  readonly windowing: Windowing;
  /** How generated names begin. */
  readonly prefix: string;
  readonly options: MaterializedWindow<A>;
  /** How aggregates are stored where the options name no serde. */
  readonly serde?: Serde<A> | undefined;
  readonly operator: (parts: {
    readonly storeName: string;
    readonly emit: EmitStrategy;
    readonly late: LateRecords<K, V>;
    readonly keepsHeaders?: boolean;
  }) => AnyOperator;
}

/** How results go out where windows are kept once: as they do from a buffer. */
const onClose = { emit: 'on-window-close', keepsHeaders: true } as const;

function keptOnce<K, A>(operator: AnyOperator, store: StoreSpec<K, A>): KeptOnce {
  // Types end at the graph.
  return { operator, store: keepingHeaders(store) as StoreSpec };
}

function keepingHeaders<K, A>(store: StoreSpec<K, A>): StoreSpec<K, A> {
  return { ...store, keepsHeaders: true } as StoreSpec<K, A>;
}

/** Adds the node of a windowed aggregation, and its store. */
export function aggregateWindowed<K, V, A>(
  graph: LogicalGraph,
  { grouped, options: windowed }: WindowedRef<K, V>,
  { windowing, prefix, options, serde, operator }: WindowedAggregation<K, V, A>,
): TableRef<Windowed<K>, A> {
  const { emit = 'on-window-update', keepHeaders: keepsHeaders = false } = windowed;
  const storeName = options.as ?? graph.names.store(prefix);
  const node = graph.names.node(prefix, options.name);
  const { node: parent, sources } = repartitionGrouped(graph, grouped, storeName);
  const key = requireKeySerde(grouped.ref.key, node);
  const value = valueSerdeOr(options.value, serde);
  const storeFor = (strategy: EmitStrategy): StoreSpec<K, A> =>
    windowing.store({ node, name: storeName, key, value, options, emit: strategy });
  graph.addStore(keepsHeaders ? keepingHeaders(storeFor(emit)) : storeFor(emit));
  const late = lateRecordsOf(node, windowed) as LateRecords<K, V>;
  graph.addProcessor({
    name: node,
    parents: [parent],
    operator: operator({ storeName, emit, late, keepsHeaders }),
    // Results that come out once need no cache.
    ...(windowing.keptOnce && emit === 'on-window-update'
      ? { once: keptOnce(operator({ storeName, ...onClose, late }), storeFor('on-window-close')) }
      : {}),
    table: keptIn(storeName, { ...options, ...(emit === 'on-window-close' ? { caching: false } : {}) }),
  });
  addLateSink(graph, node, windowed);
  const { graceMs } = windowing;
  return { node, key: windowing.keySerde(key), value, sources, graceMs, storeName: options.as };
}
