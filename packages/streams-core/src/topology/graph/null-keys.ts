import type { LogicalGraph } from './logical-graph.ts';

/**
 * Records without a key belong to no partition: they are left out before a repartition topic, unless a left
 * or outer join comes somewhere behind it (Kafka Streams: NodesWithRelaxedNullKeyJoinDownstream).
 */
export function resolveNullKeys(graph: LogicalGraph): void {
  const reached = new Map<string, boolean>();
  const children = childrenOf(graph);
  const reaches = (name: string): boolean => {
    const known = reached.get(name);
    if (known !== undefined) return known;
    reached.set(name, false);
    const found = (children.get(name) ?? []).some((child) => graph.nullKeyJoins.has(child) || reaches(child));
    reached.set(name, found);
    return found;
  };
  for (const [filter, nullKeys] of graph.nullKeys) nullKeys.forwarded = reaches(filter);
}

/** What comes after each node, past the topology's own topics too. */
function childrenOf({ nodes, repartitionTopics }: LogicalGraph): Map<string, string[]> {
  const children = new Map<string, string[]>();
  const add = (parent: string, child: string): void => {
    children.set(parent, [...(children.get(parent) ?? []), child]);
  };
  for (const node of nodes.values()) {
    if (node.kind !== 'source') {
      for (const parent of node.parents) add(parent, node.name);
      continue;
    }
    for (const { name: topic } of node.topics) {
      if (!repartitionTopics.has(topic)) continue;
      for (const sink of nodes.values()) {
        if (sink.kind === 'sink' && sink.topic === topic) add(sink.name, node.name);
      }
    }
  }
  return children;
}
