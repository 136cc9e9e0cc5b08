import { TopologyError } from '../../errors.ts';
import { streamTableJoin } from '../../operators/join/stream-table-join.ts';
import type { TableJoinOptions } from '../../options/joined.ts';
import { numberedKey } from '../../serde/numbered-key-serde.ts';
import type { LogicalGraph } from '../../topology/graph/logical-graph.ts';
import { assertDuration } from '../../windows/time-windows.ts';
import { requireKeySerde, valueSerdeOr } from '../materialize.ts';
import { type StreamRef, sourcesOf, type TableRef } from '../refs.ts';
import { throughTopic } from '../repartition.ts';

export interface StreamTableJoinPlan<K, V> {
  readonly stream: StreamRef<K, V>;
  readonly table: TableRef<unknown, unknown>;
  /** The key to look up in a global table; undefined where the table is not global: then the record's own. */
  readonly selectKey: ((value: V, key: K) => unknown) | undefined;
  readonly joiner: (value: V, row: unknown, key: K) => unknown;
  /** Records without a row come through. */
  readonly isLeft: boolean;
  readonly options: TableJoinOptions;
}

/** Adds the node of a join of a stream with a table or a global table. */
export function joinTable<K, V>(
  graph: LogicalGraph,
  { stream, table, selectKey, joiner, isLeft, options }: StreamTableJoinPlan<K, V>,
): StreamRef<K, unknown> {
  const { name, graceMs } = options;
  const isGlobal = selectKey !== undefined;
  const other = table as TableRef<K, unknown>;
  let ref = stream;
  if (!isGlobal && ref.repartition) {
    const key = ref.key ?? other.key;
    ref = throughTopic(graph, ref, { prefix: name ?? ref.node, key, value: ref.value });
  }
  const node = graph.names.node(isLeft ? 'KSTREAM-LEFTJOIN-' : 'KSTREAM-JOIN-', name);
  if (isLeft) graph.nullKeyJoins.add(node);
  const sources = isGlobal ? ref.sources : sourcesOf(ref, other);
  if (!isGlobal) graph.requireCopartitioning(node, sources);
  const grace =
    graceMs === undefined ? undefined : addBuffer(graph, { node, stream: ref, table: other, graceMs });
  graph.addProcessor({
    name: node,
    parents: [ref.node],
    stores: grace === undefined ? [] : [grace.bufferName],
    lookups: [other.node],
    operator: streamTableJoin<K, V, unknown, unknown, unknown>({
      table: other.node,
      versioned: other.historyRetentionMs !== undefined,
      grace,
      selectKey: selectKey ?? ((_: V, key: K) => key),
      joiner,
      left: isLeft,
    }),
  });
  return { ...ref, node, value: undefined, sources };
}

interface Buffered<K, V> {
  readonly node: string;
  readonly stream: StreamRef<K, V>;
  readonly table: TableRef<K, unknown>;
  readonly graceMs: number;
}

/**
 * The buffer in which records wait for a versioned table. @throws TopologyError where there is nothing to
 * wait for
 */
function addBuffer<K, V>(
  graph: LogicalGraph,
  { node, stream, table: { historyRetentionMs, key }, graceMs }: Buffered<K, V>,
): { readonly graceMs: number; readonly bufferName: string } {
  assertDuration('grace', graceMs, 0);
  if (historyRetentionMs === undefined) {
    throw new TopologyError(
      'TOPOLOGY_INVALID',
      `${node}: a grace needs a versioned table: give the table { as: '...', historyRetentionMs: ${graceMs} }`,
    );
  }
  if (historyRetentionMs < graceMs) {
    throw new TopologyError(
      'TOPOLOGY_INVALID',
      `${node}: the grace (${graceMs} ms) must not be longer than the table's history retention (${historyRetentionMs} ms)`,
    );
  }
  const bufferName = `${node}-Buffer`;
  graph.addStore({
    kind: 'time-ordered-buffer',
    name: bufferName,
    key: numberedKey(requireKeySerde(stream.key ?? key, node)),
    value: valueSerdeOr(stream.value),
    persistent: true,
    logging: true,
  });
  return { graceMs, bufferName };
}
