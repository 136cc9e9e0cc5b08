import type { StoreSpec } from '@millrace/state-stores';
import { TopologyError } from '../../errors.ts';
import type { Topology } from './topology.ts';
import type { SubTopology } from './sub-topologies.ts';

/** How a topology's topics are called in an application, and how many partitions each has. */
export interface ResolvedTopics {
  /** Real names: the application's own topics carry its id. */
  readonly realName: (topic: string) => string;
  /** Partitions by real name, for the topics that a topology reads and the ones of its own that it writes. */
  readonly partitions: ReadonlyMap<string, number>;
  /** How many tasks each sub-topology has. */
  readonly tasks: ReadonlyMap<number, number>;
}

export function changelogName(applicationId: string, store: string): string {
  return `${applicationId}-${store}-changelog`;
}

/**
 * A repartition topic's real name starts with the application's id; any other topic is called what it is
 * called.
 */
export function realNames(topology: Topology, applicationId: string): (topic: string) => string {
  return (topic) => (topology.repartitionTopics.has(topic) ? `${applicationId}-${topic}` : topic);
}

/**
 * Works out how many partitions the repartition topics get, and checks that what is joined fits together.
 * `external` gives the partitions of the topics that exist.
 * @throws TopologyError `TOPOLOGY_TOPIC_MISSING`, `TOPOLOGY_NOT_COPARTITIONED`
 */
export function resolveTopics(
  topology: Topology,
  applicationId: string,
  external: ReadonlyMap<string, number>,
): ResolvedTopics {
  const counts = new Map<string, number>();
  for (const subTopology of topology.subTopologies) {
    for (const name of topicsOf(subTopology)) {
      if (topology.repartitionTopics.has(name)) continue;
      const count = external.get(name);
      if (count === undefined) throw missingTopic(name, 'reads');
      counts.set(name, count);
    }
  }
  for (const { name, partitions } of topology.repartitionTopics.values()) {
    if (partitions !== undefined) counts.set(name, partitions);
  }
  countRepartitionTopics(topology, counts);
  for (const group of topology.copartitioned) copartition(topology, group, counts);
  const realName = realNames(topology, applicationId);
  const tasks = new Map(
    topology.subTopologies
      .filter((subTopology) => !subTopology.global)
      .map((subTopology) => [
        subTopology.id,
        Math.max(0, ...topicsOf(subTopology).map((name) => counts.get(name) ?? 0)),
      ]),
  );
  return {
    realName,
    partitions: new Map([...counts].map(([name, count]) => [realName(name), count])),
    tasks,
  };
}

export function missingTopic(name: string, verb: 'reads' | 'writes to'): TopologyError {
  return new TopologyError(
    'TOPOLOGY_TOPIC_MISSING',
    `The topology ${verb} the topic "${name}", which does not exist: create it with log.admin.createTopics([{ name: '${name}', partitions: 1 }])`,
  );
}

function topicsOf(subTopology: SubTopology): string[] {
  return subTopology.sources.flatMap((source) => source.topics.map((topic) => topic.name));
}

/**
 * A repartition topic has as many partitions as the largest topic that its writers read, found by going
 * upstream.
 */
function countRepartitionTopics(topology: Topology, counts: Map<string, number>): void {
  for (let changed = true; changed; ) {
    changed = false;
    for (const subTopology of topology.subTopologies) {
      const read = topicsOf(subTopology).map((name) => counts.get(name));
      if (read.length === 0 || read.includes(undefined)) continue;
      for (const node of subTopology.nodes) {
        if (node.kind !== 'sink' || typeof node.topic !== 'string') continue;
        if (!topology.repartitionTopics.has(node.topic) || counts.has(node.topic)) continue;
        counts.set(node.topic, Math.max(...(read as number[])));
        changed = true;
      }
    }
  }
}

/**
 * Topics that are joined must have as many partitions as each other; the topology's own topics follow the
 * others.
 */
function copartition(
  topology: Topology,
  { node, sources }: { readonly node: string; readonly sources: readonly string[] },
  counts: Map<string, number>,
): void {
  const topics = sources.flatMap((name) => {
    const source = topology.nodes.get(name);
    return source?.kind === 'source' ? source.topics.map((topic) => topic.name) : [];
  });
  const fixed = topics.filter(
    (name) =>
      topology.repartitionTopics.get(name)?.partitions !== undefined || !topology.repartitionTopics.has(name),
  );
  const wanted =
    fixed.length > 0 ? counts.get(fixed[0]!)! : Math.max(...topics.map((name) => counts.get(name) ?? 1));
  if (fixed.some((name) => counts.get(name) !== wanted)) {
    const found = fixed.map((name) => `"${name}" has ${counts.get(name)}`).join(', ');
    throw new TopologyError(
      'TOPOLOGY_NOT_COPARTITIONED',
      `${node} joins topics with different partition counts: ${found}. Give them the same count, or put repartition() before the join`,
    );
  }
  for (const name of topics) counts.set(name, wanted);
}

const oneDayMs = 86_400_000;

/**
 * The settings Kafka Streams gives a store's changelog topic; the store's own settings go before them. Rows
 * of windows are kept for `additionalRetentionMs` longer than the store keeps them.
 */
export function changelogConfigs(spec: StoreSpec, additionalRetentionMs: number): Record<string, string> {
  const base: Record<string, string> = { 'message.timestamp.type': 'CreateTime' };
  if (spec.kind === 'window' || spec.kind === 'session') {
    base['cleanup.policy'] = 'compact,delete';
    const keptMs = spec.retentionMs + additionalRetentionMs;
    base['retention.ms'] = Number.isFinite(keptMs) ? String(keptMs) : '-1';
  } else {
    base['cleanup.policy'] = 'compact';
    // Compaction must not take versions that can still be read.
    if (spec.kind === 'versioned') base['min.compaction.lag.ms'] = String(spec.historyRetentionMs + oneDayMs);
  }
  return { ...base, ...spec.changelogConfigs };
}

export const repartitionConfigs: Readonly<Record<string, string>> = {
  'cleanup.policy': 'delete',
  'retention.ms': '-1',
  'segment.bytes': '52428800',
  'message.timestamp.type': 'CreateTime',
};
