import type { Serde } from '@millrace/log-client';
import { tableFilter } from '../../operators/table/table-filter.ts';
import type { Materialized } from '../../options/materialized.ts';
import type { LogicalGraph } from '../../topology/graph/logical-graph.ts';
import type { AnyOperator } from '../../topology/operator.ts';
import { derivedFrom, keptIn, requireKeySerde, tableStore, valueSerdeOr } from '../materialize.ts';
import type { TableRef } from '../refs.ts';

export interface Derivation<V2> {
  /** How the generated name begins. */
  readonly prefix: string;
  readonly options: Materialized<V2>;
  readonly value: Serde<V2> | undefined;
  /** The operator, given the name of the store that keeps its rows; undefined where none does. */
  readonly operator: (storeName: string | undefined) => AnyOperator;
  readonly stores?: readonly string[];
}

/**
 * Adds the node of a table that is derived from another; it has a store only where it is given a name for
 * one.
 */
export function deriveTable<K, V, V2>(
  graph: LogicalGraph,
  table: TableRef<K, V>,
  { prefix, options, value, operator, stores = [] }: Derivation<V2>,
): TableRef<K, V2> {
  const node = graph.names.node(prefix, options.name);
  const { as } = options;
  if (as !== undefined) addDerivedStore(graph, { node, key: table.key }, value, options);
  graph.addProcessor({
    name: node,
    parents: [table.node],
    operator: operator(as),
    stores,
    table: as === undefined ? derivedFrom(table.node) : keptIn(as, options),
  });
  // A store of its own says whether rows have versions; without one they are as they come.
  const { historyRetentionMs } = as === undefined ? table : options;
  return { ...table, node, value, storeName: as, historyRetentionMs };
}

/** Adds the store that `options.as` names, for the rows of a derived table. */
export function addDerivedStore<K, V>(
  graph: LogicalGraph,
  { node, key }: { readonly node: string; readonly key: Serde<K> | undefined },
  value: Serde<V> | undefined,
  options: Materialized<V>,
): void {
  graph.addStore(tableStore(options.as!, requireKeySerde(key, node), valueSerdeOr(value), options));
}

/** Adds the node that keeps the rows a predicate holds for. */
export function filterTable<K, V>(
  graph: LogicalGraph,
  table: TableRef<K, V>,
  predicate: (value: V, key: K) => boolean,
  options: Materialized<V>,
): TableRef<K, V> {
  const knowsOldValues = graph.offerOldValues(table.node);
  const versioned = table.historyRetentionMs !== undefined;
  const filtered = deriveTable(graph, table, {
    prefix: 'KTABLE-FILTER-',
    options,
    value: options.value ?? table.value,
    operator: (materialized) => tableFilter({ parent: table.node, predicate, materialized, versioned }),
  });
  // Rows that were not there before need not be deleted.
  if (knowsOldValues) graph.useOldValues(filtered.node);
  return filtered;
}
