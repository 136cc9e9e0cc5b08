import type { Serde } from '@millrace/log-client';
import { windowStore } from '@millrace/state-stores';
import { TopologyError } from '../../errors.ts';
import { streamSelfJoin } from '../../operators/join/stream-self-join.ts';
import { joinWindow, streamStreamJoin } from '../../operators/join/stream-stream-join.ts';
import type { JoinSides } from '../../operators/join/table-table-join.ts';
import { passThrough } from '../../operators/stateless/pass-through.ts';
import type { StreamJoined } from '../../options/stream-joined.ts';
import { unmatchedKey, unmatchedValues } from '../../serde/unmatched-serde.ts';
import type { LogicalGraph } from '../../topology/graph/logical-graph.ts';
import { JoinWindows } from '../../windows/join-windows.ts';
import { requireKeySerde, valueSerdeOr } from '../materialize.ts';
import { type StreamRef, sourcesOf } from '../refs.ts';
import { throughTopic } from '../repartition.ts';
import { type StreamJoinNames, streamJoinNames } from './stream-stream-names.ts';

export interface StreamStreamJoinPlan<K, V1, V2, R> {
  readonly left: StreamRef<K, V1>;
  readonly right: StreamRef<K, V2>;
  readonly windows: JoinWindows;
  readonly joiner: (left: V1 | null, right: V2 | null, key: K) => R;
  /** The sides whose records come through without a partner. */
  readonly outer: JoinSides;
  readonly options: StreamJoined<K, V1, V2>;
}

/** What the phases of planning a join have in common. */
interface Planned<K, V1, V2, R> extends StreamStreamJoinPlan<K, V1, V2, R> {
  readonly names: StreamJoinNames;
  readonly key: Serde<K>;
  readonly isSelfJoin: boolean;
}

/** Adds the nodes, stores and repartition topics of a stream-stream join. */
export function joinStreams<K, V1, V2, R>(
  graph: LogicalGraph,
  plan: StreamStreamJoinPlan<K, V1, V2, R>,
): StreamRef<K, R> {
  const { outer, options } = plan;
  if (!(plan.windows instanceof JoinWindows)) {
    throw new TopologyError(
      'TOPOLOGY_INVALID',
      'A join of two streams needs windows: say how far apart in time records may be that are joined, e.g. JoinWindows.of(60_000)',
    );
  }
  const { left, right, key } = repartitioned(graph, plan);
  const names = streamJoinNames(graph.names, outer, options);
  if (outer.left || outer.right) graph.nullKeyJoins.add(names.merge);
  const isInner = !outer.left && !outer.right;
  const isSelfJoin = graph.optimize.selfJoin === true && isInner && (plan.left as unknown) === plan.right;
  const planned = { ...plan, left, right, names, key: requireKeySerde(key, names.merge), isSelfJoin };
  addStores(graph, planned);
  if (isSelfJoin) addSelfJoin(graph, planned);
  else addBothSides(graph, planned);
  return {
    node: names.merge,
    key: planned.key,
    value: undefined,
    sources: isSelfJoin ? left.sources : sourcesOf(left, right),
    repartition: false,
  };
}

/** Both streams where their records meet by key. */
function repartitioned<K, V1, V2, R>(graph: LogicalGraph, plan: StreamStreamJoinPlan<K, V1, V2, R>) {
  const { left, right, options } = plan;
  const key = options.key ?? left.key ?? right.key;
  const through = <V>(ref: StreamRef<K, V>, suffix: string, value: Serde<V> | undefined): StreamRef<K, V> => {
    if (!ref.repartition) return ref;
    const prefix = options.name === undefined ? ref.node : options.name + suffix;
    return throughTopic(graph, ref, { prefix, key, value: value ?? ref.value });
  };
  return {
    key,
    left: through(left, '-left', options.value),
    right: through(right, '-right', options.otherValue),
  };
}

/** A window store for each side, and a buffer for what waits for a partner. */
function addStores<K, V1, V2, R>(
  graph: LogicalGraph,
  { left, right, windows, outer, options, names, key, isSelfJoin }: Planned<K, V1, V2, R>,
): void {
  const { persistent = true, logging = true, changelogConfigs, keepHeaders = false } = options;
  const configs = changelogConfigs === undefined ? {} : { changelogConfigs };
  const { sizeMs, graceMs } = windows;
  const addSide = <V>(name: string, value: Serde<V>): void => {
    // A self-join's one store sees each record a step earlier than two stores would: it keeps a millisecond
    // more.
    const retentionMs = sizeMs + graceMs + (isSelfJoin ? 1 : 0);
    const spec = windowStore({ name, key, value, persistent, logging, retentionMs, windowSizeMs: sizeMs });
    graph.addStore({ ...spec, ...configs, retainDuplicates: true, keepsHeaders: keepHeaders });
  };
  const leftValue = valueSerdeOr(options.value, left.value);
  const rightValue = valueSerdeOr(options.otherValue, right.value);
  addSide(names.leftStore, leftValue);
  if (!isSelfJoin) addSide(names.rightStore, rightValue);
  if (!outer.left) return;
  graph.addStore({
    kind: 'time-ordered-buffer',
    name: names.unmatchedStore,
    key: unmatchedKey(key),
    value: unmatchedValues(leftValue, rightValue),
    persistent,
    logging,
    ...configs,
  });
}

/** A stream joined with itself: one store and one node look at each record from both sides. */
function addSelfJoin<K, V1, V2, R>(
  graph: LogicalGraph,
  { left, windows, joiner, names }: Planned<K, V1, V2, R>,
): void {
  const storeName = names.leftStore;
  addWindow(graph, names.leftWindow, left.node, storeName);
  graph.addProcessor({
    name: names.merge,
    parents: [names.leftWindow],
    operator: streamSelfJoin({
      windows,
      storeName,
      joiner: joiner as (left: unknown, right: unknown, key: unknown) => R,
    }),
    stores: [storeName],
  });
}

/** For each side the node that stores its records and the one that looks up the other's; then the merge. */
function addBothSides<K, V1, V2, R>(
  graph: LogicalGraph,
  { left, right, windows, joiner, outer, names }: Planned<K, V1, V2, R>,
): void {
  const unmatchedStore = outer.left ? names.unmatchedStore : undefined;
  graph.requireCopartitioning(names.merge, [...left.sources, ...right.sources]);
  addWindow(graph, names.leftWindow, left.node, names.leftStore);
  addWindow(graph, names.rightWindow, right.node, names.rightStore);
  const addSide = (side: 'left' | 'right', node: string, parent: string, otherStore: string): void =>
    graph.addProcessor({
      name: node,
      parents: [parent],
      operator: streamStreamJoin<K, V1, V2, R>({
        side,
        windows,
        outer,
        otherStore,
        unmatchedStore,
        timeName: names.merge,
        joiner: joiner as (left: V1 | null, right: V2 | null, key: unknown) => R,
      }),
      stores: unmatchedStore === undefined ? [otherStore] : [otherStore, unmatchedStore],
    });
  addSide('left', names.leftJoin, names.leftWindow, names.rightStore);
  addSide('right', names.rightJoin, names.rightWindow, names.leftStore);
  graph.addProcessor({
    name: names.merge,
    parents: [names.leftJoin, names.rightJoin],
    operator: passThrough('merge'),
  });
}

function addWindow(graph: LogicalGraph, name: string, parent: string, storeName: string): void {
  graph.addProcessor({ name, parents: [parent], operator: joinWindow(storeName), stores: [storeName] });
}
