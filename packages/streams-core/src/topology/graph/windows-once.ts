import type { StoreSpec } from '@millrace/state-stores';
import type { LogicalGraph } from './logical-graph.ts';
import type { ProcessorNode, TopologyNode } from './nodes.ts';

/** The nodes and stores of a graph. */
export interface NodesAndStores {
  readonly nodes: ReadonlyMap<string, TopologyNode>;
  readonly stores: ReadonlyMap<string, StoreSpec>;
}

/**
 * A graph as it is where windows whose results are held back until they close are kept once: the aggregation
 * sends them as they close, and the node after it passes them on. Same results, in the same order.
 */
export function windowsOnce(graph: LogicalGraph): NodesAndStores {
  const nodes = new Map(graph.nodes);
  const stores = new Map(graph.stores);
  for (const suppressed of graph.nodes.values()) {
    if (suppressed.kind !== 'processor' || !isHoldingBack(suppressed)) continue;
    const aggregation = graph.nodes.get(suppressed.parents[0]!);
    if (aggregation?.kind !== 'processor' || aggregation.once?.store === undefined) continue;
    if (isUsedOtherwise(graph, aggregation, suppressed)) continue;
    const { store, operator } = aggregation.once;
    // Results that come out once need no cache.
    const table = aggregation.table && { ...aggregation.table, cached: false };
    nodes.set(aggregation.name, { ...aggregation, operator, table });
    nodes.set(suppressed.name, { ...suppressed, operator: suppressed.once!.operator, stores: [] });
    stores.set(store.name, store);
    for (const buffer of suppressed.stores) stores.delete(buffer);
  }
  return { nodes, stores };
}

/** Whether a node holds results back until windows close, and does nothing else. */
function isHoldingBack({ once }: ProcessorNode): boolean {
  return once !== undefined && once.store === undefined;
}

/**
 * Whether someone gets results before they are final, or looks at what is kept. A buffer's changes have the
 * old values of updates that were never sent (Kafka Streams' too): what compares with them is as it was.
 */
function isUsedOtherwise(
  graph: LogicalGraph,
  aggregation: ProcessorNode,
  suppressed: ProcessorNode,
): boolean {
  if (suppressed.table?.sendOldValues === true) return true;
  const kept = new Set([aggregation.once!.store!.name, ...suppressed.stores]);
  for (const node of graph.nodes.values()) {
    if (node === suppressed || node === aggregation || node.kind === 'source') continue;
    // What was late goes its own way, by name.
    const isChild = node.parents.includes(aggregation.name) && !(node.kind === 'sink' && node.side === true);
    if (isChild) return true;
    if (node.kind !== 'processor') continue;
    const looked = node.lookups.flatMap((name) => graph.storesOf(name));
    if ([...node.stores, ...looked].some((name) => kept.has(name))) return true;
  }
  return false;
}
