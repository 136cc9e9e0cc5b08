import { process } from '../operators/process/process.ts';
import type { GlobalStore } from '../options/global-store.ts';
import type { LogicalGraph } from '../topology/graph/logical-graph.ts';
import { erase } from './sources.ts';

/** Adds a store that every instance fills with a whole topic. */
export function addGlobalStore<K, V>(
  graph: LogicalGraph,
  { store, topic, supplier, name = `${store.name}-processor` }: GlobalStore<K, V>,
): void {
  const source = `${store.name}-source`;
  graph.addSource({ name: source, topics: [erase(topic)], global: true });
  // Every instance reads the whole topic when it starts.
  graph.addStore({ ...store, logging: false, persistent: false });
  graph.globalStores.add(store.name);
  graph.addProcessor({ name, parents: [source], operator: process(supplier), stores: [store.name] });
}
