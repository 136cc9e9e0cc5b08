import { TopologyError } from '../../errors.ts';
import { tableExpire } from '../../operators/table/table-expire.ts';
import type { Materialized } from '../../options/materialized.ts';
import type { LogicalGraph } from '../../topology/graph/logical-graph.ts';
import { timers } from '../../topology/timers.ts';
import { keptIn, requireKeySerde } from '../materialize.ts';
import type { TableRef } from '../refs.ts';
import { addDerivedStore } from './derive.ts';

/** Adds the node that keeps a table's rows for a time, with its store and its timers. */
export function expireTable<K, V>(
  graph: LogicalGraph,
  table: TableRef<K, V>,
  ttlMs: number,
  options: Omit<Materialized<V>, 'historyRetentionMs'>,
): TableRef<K, V> {
  const node = graph.names.node('KTABLE-EXPIRE-', options.name);
  if (!(Number.isSafeInteger(ttlMs) && ttlMs > 0)) {
    throw new TopologyError(
      'TOPOLOGY_INVALID',
      `${node}: whole milliseconds above 0 expected, got ${String(ttlMs)}`,
    );
  }
  if (table.historyRetentionMs !== undefined) {
    throw new TopologyError(
      'TOPOLOGY_INVALID',
      `${node}: rows of a versioned table cannot expire, because its changes need not come in order; keep it without historyRetentionMs`,
    );
  }
  const as = options.as ?? graph.names.store('KTABLE-EXPIRE-');
  addDerivedStore(graph, { node, key: table.key }, options.value ?? table.value, { ...options, as });
  const { persistent = true } = options;
  const spec = timers({ name: `${as}-timers`, key: requireKeySerde(table.key, node), persistent });
  graph.addStore(spec);
  graph.addProcessor({
    name: node,
    parents: [table.node],
    operator: tableExpire<K, V>({ ttlMs, store: as, timers: spec }),
    stores: [spec.name],
    table: keptIn(as, options),
  });
  return { ...table, node, storeName: options.as };
}
