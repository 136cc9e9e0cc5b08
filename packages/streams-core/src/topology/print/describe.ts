import type { SourceNode, TopologyNode } from '../graph/nodes.ts';
import type { SubTopology } from '../built/sub-topologies.ts';

/**
 * A node with its neighbours, and how many paths lead down from it: Kafka Streams lists the larger ones
 * first.
 */
interface Described {
  readonly node: TopologyNode;
  readonly predecessors: Described[];
  readonly successors: Described[];
  size: number;
}

export function describeTopology(parts: readonly SubTopology[]): string {
  return `Topologies:\n ${parts.map((part) => `  ${describePart(part)}`).join('')}`;
}

function describePart(part: SubTopology): string {
  const described = connect(part.nodes);
  const lines = [...described.values()].sort(bySize).map((one) => `    ${describeNode(one)}\n`);
  const title = part.global ? `${part.id} for global store (will not generate tasks)` : String(part.id);
  return `Sub-topology: ${title}\n${lines.join('')}${part.global ? '' : '\n'}`;
}

function connect(nodes: readonly TopologyNode[]): Map<string, Described> {
  const described = new Map<string, Described>(
    nodes.map((node) => [node.name, { node, predecessors: [], successors: [], size: 1 }]),
  );
  for (const one of described.values()) {
    if (one.node.kind === 'source') continue;
    for (const name of one.node.parents) {
      const parent = described.get(name)!;
      one.predecessors.push(parent);
      parent.successors.push(one);
    }
  }
  const measured = new Set<Described>();
  const measure = (one: Described): number => {
    if (!measured.has(one)) {
      measured.add(one);
      for (const child of one.successors) one.size += measure(child);
    }
    return one.size;
  };
  for (const one of described.values()) measure(one);
  return described;
}

function bySize(a: Described, b: Described): number {
  return b.size - a.size || compareNames(a.node.name, b.node.name);
}

function compareNames(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

function names(neighbours: readonly Described[]): string {
  if (neighbours.length === 0) return 'none';
  return [...neighbours]
    .sort(bySize)
    .map(({ node }) => node.name)
    .join(', ');
}

function topicsOf({ pattern, topics }: SourceNode): string {
  return pattern === undefined ? `[${topics.map(({ name }) => name).join(', ')}]` : pattern.text;
}

function describeNode({ node, predecessors, successors }: Described): string {
  const [to, from] = [`\n      --> ${names(successors)}`, `\n      <-- ${names(predecessors)}`];
  switch (node.kind) {
    case 'source':
      return `Source: ${node.name} (topics: ${topicsOf(node)})${to}`;
    case 'processor':
      return `Processor: ${node.name} (stores: [${node.stores.join(', ')}])${to}${from}`;
    case 'sink': {
      const where = typeof node.topic === 'string' ? `topic: ${node.topic}` : 'extractor class: function';
      return `Sink: ${node.name} (${where})${from}`;
    }
  }
}
