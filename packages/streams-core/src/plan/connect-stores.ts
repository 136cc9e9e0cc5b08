import type { ProcessOptions } from '../options/process-options.ts';
import type { LogicalGraph } from '../topology/graph/logical-graph.ts';

/** Adds the stores that are given as specs; returns the names of all. */
export function connectStores(graph: LogicalGraph, { stores = [] }: ProcessOptions): string[] {
  for (const store of stores) if (typeof store !== 'string') graph.addStore(store);
  return stores.map((store) => (typeof store === 'string' ? store : store.name));
}
