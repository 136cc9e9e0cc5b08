import type { Serde } from '@millrace/log-client';
import type { KeyValue } from '../../operators/stateless/map.ts';
import { tableGroupBy } from '../../operators/table/table-group-by.ts';
import type { Named } from '../../options/named.ts';
import type { LogicalGraph } from '../../topology/graph/logical-graph.ts';
import type { GroupedTableRef } from '../aggregate/table.ts';
import { valueSerdeOr } from '../materialize.ts';
import type { TableRef } from '../refs.ts';

/** Adds the node that regroups a table's rows. */
export function groupTable<K, V, K2, V2>(
  graph: LogicalGraph,
  table: TableRef<K, V>,
  selector: (value: V, key: K) => KeyValue<K2, V2> | null,
  grouped: Named & { readonly key: Serde<K2>; readonly value?: Serde<V2> },
): GroupedTableRef<K2, V2> {
  const node = graph.names.node('KTABLE-SELECT-', grouped.name);
  const { key } = grouped;
  const sameKey = (a: K2, b: K2): boolean =>
    a === b || Buffer.compare(key.serialize(a), key.serialize(b)) === 0;
  graph.addProcessor({
    name: node,
    parents: [table.node],
    operator: tableGroupBy(selector, sameKey, table.historyRetentionMs !== undefined),
  });
  graph.requireOldValues(table.node);
  return { node, key, value: valueSerdeOr(grouped.value), repartitionName: grouped.name };
}
