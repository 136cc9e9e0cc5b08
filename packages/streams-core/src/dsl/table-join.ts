import { streamTableJoin } from '../operators/join/stream-table-join.ts';
import type { GlobalKTable } from './global-ktable.ts';
import type { KTable } from './ktable.ts';
import type { Named } from './options.ts';
import { throughTopic } from './repartition.ts';
import type { NodeRef, StreamRef, Views } from './views.ts';

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
  const { name } = (named ?? {}) as Named;
  const other = table.ref as NodeRef<K, unknown>;
  let ref = stream;
  if (!global && ref.repartition) {
    const key = ref.key ?? other.key;
    ref = throughTopic(views, ref, { prefix: name ?? ref.node, key, value: ref.value, keepNullKeys: left });
  }
  const node = graph.names.node(left ? 'KSTREAM-LEFTJOIN-' : 'KSTREAM-JOIN-', name);
  const sources = global ? ref.sources : [...new Set([...ref.sources, ...other.sources])];
  if (!global) graph.requireCopartitioning(node, sources);
  graph.addProcessor({
    name: node,
    parents: [ref.node],
    views: [other.node],
    operator: streamTableJoin<K, V, unknown, unknown, unknown>({
      table: other.node,
      selectKey: (select as (key: K, value: V) => unknown) ?? ((key: K) => key),
      joiner: joiner as (value: V, row: unknown, key: K) => unknown,
      left,
    }),
  });
  return { ...ref, node, value: undefined, sources };
}
