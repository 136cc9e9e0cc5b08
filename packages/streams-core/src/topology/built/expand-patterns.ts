import { TopologyError } from '../../errors.ts';
import type { SourceNode, TopologyNode } from '../graph/nodes.ts';
import { isInternalTopic } from './owned-topics.ts';
import type { Topology } from './topology.ts';

/** Whether a topology reads topics by pattern. */
export function hasPatterns(topology: Topology): boolean {
  return sourcesOf(topology).some(({ pattern }) => pattern !== undefined);
}

/**
 * The same topology with the topics that its patterns match. Topics of applications' own match no pattern.
 * @throws TopologyError where a topic would be read twice
 */
export function expandPatterns(topology: Topology, names: readonly string[]): Topology {
  if (!hasPatterns(topology)) return topology;
  const explicit = new Set(
    sourcesOf(topology)
      .filter(({ pattern }) => pattern === undefined)
      .flatMap(({ topics }) => topics.map(({ name }) => name)),
  );
  const external = names.filter((name) => !isInternalTopic(name));
  const takenBy = new Map<string, string>();
  const expand = (node: TopologyNode): TopologyNode => {
    if (node.kind !== 'source' || node.pattern === undefined) return node;
    const { matches, key, value } = node.pattern;
    const found = external.filter((name) => matches.test(name)).sort();
    for (const name of found) {
      const other = explicit.has(name) ? 'another source' : takenBy.get(name);
      if (other !== undefined && other !== node.name) {
        throw new TopologyError(
          'TOPOLOGY_INVALID',
          `The pattern of ${node.name} matches the topic "${name}", which ${other} reads already: make the pattern narrower`,
        );
      }
      takenBy.set(name, node.name);
    }
    return { ...node, topics: found.map((name) => ({ name, key, value })) };
  };
  const nodes = new Map([...topology.nodes].map(([name, node]) => [name, expand(node)] as const));
  const subTopologies = topology.subTopologies.map((part) => ({
    ...part,
    nodes: part.nodes.map(({ name }) => nodes.get(name)!),
    sources: part.sources.map(({ name }) => nodes.get(name) as SourceNode),
  }));
  return Object.create(topology, {
    nodes: { value: nodes },
    subTopologies: { value: subTopologies },
  }) as Topology;
}

function sourcesOf(topology: Topology): SourceNode[] {
  return topology.subTopologies.flatMap(({ sources }) => [...sources]);
}
