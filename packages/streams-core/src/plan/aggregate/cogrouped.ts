import { type Aggregation, aggregate } from '../../operators/aggregate/aggregate.ts';
import { cogroupMerge } from '../../operators/aggregate/cogroup.ts';
import type { LateRecords } from '../../operators/aggregate/late.ts';
import type { Materialized, MaterializedWindow } from '../../options/materialized.ts';
import type { WindowingOptions } from '../../options/windowed-options.ts';
import type { Windowed } from '../../record/record.ts';
import type { LogicalGraph } from '../../topology/graph/logical-graph.ts';
import type { AnyOperator } from '../../topology/operator.ts';
import { derivedFrom, keptIn, requireKeySerde, tableStore, valueSerdeOr } from '../materialize.ts';
import { sourcesOf, type TableRef } from '../refs.ts';
import { type GroupedRef, repartitionGrouped } from './grouped.ts';
import { addLateSink, lateRecordsOf } from './late-sink.ts';
import type { Windowing } from './windowing.ts';

/** A grouped stream of a cogroup, and how its values go into the aggregate. */
export interface CogroupedStream<K> {
  readonly grouped: GroupedRef<K, unknown>;
  /** Of unknown types: `cogroup` has checked that it fits its stream and the aggregate. */
  readonly add: (aggregate: never, value: never, key: never) => unknown;
}

/** Of unknown types: `windowedBy` has checked that they fit. */
type CogroupedWindowingOptions = Pick<WindowingOptions<never, never>, 'onLate'>;

type Add<K, A> = Aggregation<K, never, A>['add'];

const prefix = 'COGROUPKSTREAM-AGGREGATE-';

/** Adds the nodes of a cogroup by key, and their store. */
export function aggregateCogrouped<K, A>(
  graph: LogicalGraph,
  streams: readonly CogroupedStream<K>[],
  options: { initial(): A } & Materialized<A>,
): TableRef<K, A> {
  const storeName = options.as ?? graph.names.store(prefix);
  const { node, sources } = addAggregations<K, A>(graph, streams, {
    storeName,
    options,
    operator: (add) => aggregate(storeName, { add, initial: () => options.initial() }),
  });
  const key = requireKeySerde(streams[0]!.grouped.ref.key, node);
  const value = valueSerdeOr(options.value);
  graph.addStore(tableStore(storeName, key, value, options));
  const { as, historyRetentionMs } = options;
  return { node, key, value, sources, storeName: as, historyRetentionMs };
}

/** The streams of a cogroup, and what happens to their late records. */
export interface WindowedCogroupRef<K> {
  readonly streams: readonly CogroupedStream<K>[];
  readonly onLate: CogroupedWindowingOptions;
}

export interface WindowedCogroup<K, A> {
  readonly windowing: Windowing;
  readonly options: MaterializedWindow<A>;
  readonly operator: (parts: {
    readonly storeName: string;
    readonly add: Add<K, A>;
    readonly emit: 'on-window-update';
    readonly late: LateRecords<K, never>;
  }) => AnyOperator;
}

/** Adds the nodes of a windowed cogroup, and their store. */
export function aggregateWindowedCogroup<K, A>(
  graph: LogicalGraph,
  { streams, onLate }: WindowedCogroupRef<K>,
  { windowing, options, operator }: WindowedCogroup<K, A>,
): TableRef<Windowed<K>, A> {
  const storeName = options.as ?? graph.names.store(prefix);
  const emit = 'on-window-update';
  const { node, sources } = addAggregations<K, A>(graph, streams, {
    storeName,
    options,
    onLate,
    operator: (add, name) => {
      const late = lateRecordsOf(name, onLate) as LateRecords<K, never>;
      return operator({ storeName, add, emit, late });
    },
  });
  const key = requireKeySerde(streams[0]!.grouped.ref.key, node);
  const value = valueSerdeOr(options.value);
  graph.addStore(windowing.store({ node, name: storeName, key, value, options, emit }));
  const { graceMs } = windowing;
  return { node, key: windowing.keySerde(key), value, sources, graceMs, storeName: options.as };
}

interface Aggregations<K, A> {
  readonly storeName: string;
  readonly options: Pick<Materialized<A>, 'name' | 'caching'>;
  readonly onLate?: CogroupedWindowingOptions;
  readonly operator: (add: Add<K, A>, node: string) => AnyOperator;
}

/** One aggregation for each stream, all into one store, and the node where their changes come together. */
function addAggregations<K, A>(
  graph: LogicalGraph,
  streams: readonly CogroupedStream<K>[],
  { storeName, options, onLate, operator }: Aggregations<K, A>,
): { readonly node: string; readonly sources: readonly string[] } {
  const { name } = options;
  const refs = streams.map(({ grouped }, index) =>
    repartitionGrouped(graph, grouped, streams.length > 1 ? `${storeName}-${index}` : storeName),
  );
  const sources = sourcesOf(...refs);
  const nodes = streams.map(({ add }, index) => {
    const node = graph.names.node(prefix, name && `${name}-cogroup-agg-${index}`);
    graph.addProcessor({
      name: node,
      parents: [refs[index]!.node],
      operator: operator(add as Add<K, A>, node),
      table: keptIn(storeName, options),
    });
    if (onLate !== undefined) addLateSink(graph, node, onLate);
    return node;
  });
  const merge = graph.names.node('COGROUPKSTREAM-MERGE-', name && `${name}-cogroup-merge`);
  graph.requireCopartitioning(merge, sources);
  graph.addProcessor({
    name: merge,
    parents: nodes,
    operator: cogroupMerge(nodes[0]!),
    table: derivedFrom(...nodes),
  });
  return { node: merge, sources };
}
