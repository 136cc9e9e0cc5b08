import { tableSource } from '../../operators/table/table-source.ts';
import type { Consumed } from '../../options/consumed.ts';
import type { Materialized } from '../../options/materialized.ts';
import type { Topic } from '../../serde/topic.ts';
import type { LogicalGraph } from '../../topology/graph/logical-graph.ts';
import { keptIn, tableStore } from '../materialize.ts';
import type { TableRef } from '../refs.ts';
import { erase, nullsOfTable, type Sources } from '../sources.ts';

/** Adds the nodes that read a topic as a table, and its store. */
export function sourceTable<K, V>(
  graph: LogicalGraph,
  sources: Sources,
  source: Topic<K, V>,
  options: Materialized<V> & Consumed<K, V>,
): TableRef<K, V> {
  const { names } = graph;
  const storeName = options.as ?? names.store(`${source.name}-`);
  const sourceName = names.node('KSTREAM-SOURCE-', options.name && `${options.name}-source`);
  const name = names.node('KTABLE-SOURCE-', options.name);
  const node = sources.topics(sourceName, [source], options, nullsOfTable);
  const { as, historyRetentionMs } = options;
  const spec = tableStore(storeName, source.key, source.value, options);
  const canReuse = options.value === undefined && options.timestampExtractor === undefined && spec.logging;
  const reuses = graph.optimize.reuseSourceTopics === true && canReuse;
  graph.addStore(reuses ? { ...spec, logging: false, sourceTopic: source.name } : spec);
  graph.addProcessor({
    name,
    parents: [node],
    operator: tableSource(storeName),
    table: {
      ...keptIn(storeName, options),
      materialized: as !== undefined || historyRetentionMs !== undefined,
    },
  });
  const { key, value } = source;
  return { node: name, key, value, sources: [node], storeName: as, historyRetentionMs };
}

/** Adds the nodes that read a topic as a global table, and its store. */
export function globalTable<K, V>(
  graph: LogicalGraph,
  source: Topic<K, V>,
  options: Omit<Materialized<V>, 'historyRetentionMs'>,
): TableRef<K, V> {
  const { names } = graph;
  const storeName = options.as ?? names.store(`${source.name}-`);
  const sourceName = names.node('KSTREAM-SOURCE-', options.name && `${options.name}-source`);
  const name = names.node('KTABLE-SOURCE-', options.name);
  graph.addSource({ name: sourceName, topics: [erase(source)], global: true });
  const store = { ...options, logging: false, persistent: false };
  graph.addStore(tableStore(storeName, source.key, source.value, store));
  graph.globalStores.add(storeName);
  graph.addProcessor({
    name,
    parents: [sourceName],
    operator: tableSource(storeName),
    table: keptIn(storeName, { caching: false }),
  });
  const { key, value } = source;
  return { node: name, key, value, sources: [sourceName], storeName: options.as };
}
