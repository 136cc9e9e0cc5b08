import type { StoreSpec } from '@millrace/state-stores';
import { TopologyError } from '../errors.ts';
import { streamTableJoin } from '../operators/join/stream-table-join.ts';
import { numberedKey } from '../serde/numbered-key-serde.ts';
import { assertDuration } from '../windows/time-windows.ts';
import type { GlobalKTable } from './global-ktable.ts';
import type { KTable } from './ktable.ts';
import type { Named } from './options.ts';
import { throughTopic } from './repartition.ts';
import { requireKeySerde, valueSerdeOr } from './materialize.ts';
import type { StreamRef, TableRef, Views } from './views.ts';

/** How a stream is joined with a table. */
export interface TableJoinOptions extends Named {
  /**
   * With a versioned table: how long records wait for rows that come late, in milliseconds of stream time, before they are
   * joined with the row that was valid at their timestamp.
   */
  readonly graceMs?: number;
}

/** A table's joiner, after a selector of the table's key where that is a global one; then the name. */
type TableJoinArguments = readonly unknown[];

/** Adds the node of a join with a table or a global table; returns what flows out of it. */
export function joinTable<K, V>(
  views: Views,
  stream: StreamRef<K, V>,
  table: KTable<K, unknown> | GlobalKTable<unknown, unknown>,
  args: TableJoinArguments,
  left: boolean,
): StreamRef<K, unknown> {
  const { graph } = views;
  // A second function says that the first one selects a global table's key.
  const global = typeof args[1] === 'function';
  const [select, joiner, named] = global ? args : [undefined, ...args];
  const { name, graceMs } = (named ?? {}) as TableJoinOptions;
  const other = table.ref as TableRef<K, unknown>;
  const { historyRetentionMs } = other;
  let ref = stream;
  if (!global && ref.repartition) {
    const key = ref.key ?? other.key;
    ref = throughTopic(views, ref, { prefix: name ?? ref.node, key, value: ref.value });
  }
  const node = graph.names.node(left ? 'KSTREAM-LEFTJOIN-' : 'KSTREAM-JOIN-', name);
  if (left) graph.nullKeyJoins.add(node);
  const sources = global ? ref.sources : [...new Set([...ref.sources, ...other.sources])];
  if (!global) graph.requireCopartitioning(node, sources);
  const grace = graceMs === undefined ? undefined : addBuffer(views, node, ref, other, graceMs);
  graph.addProcessor({
    name: node,
    parents: [ref.node],
    stores: grace === undefined ? [] : [grace.bufferName],
    views: [other.node],
    operator: streamTableJoin<K, V, unknown, unknown, unknown>({
      table: other.node,
      versioned: historyRetentionMs !== undefined,
      grace,
      selectKey: (select as (key: K, value: V) => unknown) ?? ((key: K) => key),
      joiner: joiner as (value: V, row: unknown, key: K) => unknown,
      left,
    }),
  });
  return { ...ref, node, value: undefined, sources };
}

/** The buffer in which records wait for a versioned table. @throws TopologyError where there is nothing to wait for */
function addBuffer<K, V>(
  { graph }: Views,
  node: string,
  stream: StreamRef<K, V>,
  { historyRetentionMs, key }: TableRef<K, unknown>,
  graceMs: number,
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
  } as StoreSpec);
  return { graceMs, bufferName };
}
