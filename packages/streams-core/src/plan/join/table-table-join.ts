import { type JoinSides, tableTableJoin } from '../../operators/join/table-table-join.ts';
import { tableMerge } from '../../operators/table/materialize.ts';
import type { Materialized } from '../../options/materialized.ts';
import type { LogicalGraph } from '../../topology/graph/logical-graph.ts';
import { derivedFrom, keptIn } from '../materialize.ts';
import { sourcesOf, type TableRef } from '../refs.ts';
import { addDerivedStore } from '../table/derive.ts';

export interface TableTableJoinPlan<K, R> {
  readonly left: TableRef<K, unknown>;
  readonly right: TableRef<K, unknown>;
  readonly joiner: (left: unknown, right: unknown) => R;
  /** The sides whose rows come through without a partner. */
  readonly outer: JoinSides;
  readonly options: Materialized<R>;
}

type AnyTable = TableRef<unknown, unknown>;

/** Adds the nodes of a join of two tables by key. Names count as in KTableImpl#doJoin. */
export function joinTables<K, R>(
  graph: LogicalGraph,
  { left, right, joiner, outer, options }: TableTableJoinPlan<K, R>,
): TableRef<K, R> {
  const { name, as } = options;
  const merge = graph.names.node('KTABLE-MERGE-', name);
  if (outer.left) graph.requireOldValues(left.node);
  if (outer.right) graph.requireOldValues(right.node);
  const leftNode = graph.names.node('KTABLE-JOINTHIS-', name && `${name}-join-this`);
  const rightNode = graph.names.node('KTABLE-JOINOTHER-', name && `${name}-join-other`);
  const addSide = (side: 'left' | 'right', node: string, own: AnyTable, other: AnyTable): void =>
    graph.addProcessor({
      name: node,
      parents: [own.node],
      operator: tableTableJoin({
        own: own.node,
        other: other.node,
        side,
        outer,
        joiner,
        versioned: own.historyRetentionMs !== undefined,
      }),
      lookups: [other.node],
      // Its lookup reads its own side as well.
      table: derivedFrom(own.node, other.node),
    });
  addSide('left', leftNode, left as AnyTable, right as AnyTable);
  addSide('right', rightNode, right as AnyTable, left as AnyTable);
  const sources = sourcesOf(left, right);
  graph.requireCopartitioning(merge, sources);
  const key = left.key ?? right.key;
  const { value } = options;
  if (as !== undefined) addDerivedStore(graph, { node: merge, key: left.key }, value, options);
  graph.addProcessor({
    name: merge,
    parents: [leftNode, rightNode],
    operator: tableMerge(leftNode, as),
    table: as === undefined ? derivedFrom(leftNode, rightNode) : keptIn(as, options),
  });
  const historyRetentionMs = as === undefined ? undefined : options.historyRetentionMs;
  return { node: merge, key, value, sources, storeName: as, historyRetentionMs };
}
