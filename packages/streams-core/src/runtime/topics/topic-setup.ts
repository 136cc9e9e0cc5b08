import type { LogClient, TopicInfo } from '@millrace/log-client';
import { assertSettings } from './internal-topic-settings.ts';
import {
  changelogConfigs,
  changelogName,
  missingTopic,
  type ResolvedTopics,
  realNames,
  repartitionConfigs,
  resolveTopics,
} from '../../topology/built/internal-topics.ts';
import type { Topology } from '../../topology/built/topology.ts';
import type { ResolvedConfig } from '../config.ts';
import type { TopicDirectory } from '../task/topic-directory.ts';
import { checkTopologyChange } from '../upgrade/topology-change.ts';

export interface SetUpTopics {
  readonly topics: ResolvedTopics;
  readonly directory: TopicDirectory;
  /** The input topics as a text that changes when one is deleted, created again or given more partitions. */
  readonly inputs: string;
}

/**
 * Looks up the topics of a topology, works out those of its own and creates what is missing of them.
 * @throws TopologyError `TOPOLOGY_TOPIC_MISSING`, `TOPOLOGY_NOT_COPARTITIONED`; LogError `LOG_TOPIC_EXISTS`
 */
export async function setUpTopics(topology: Topology, config: ResolvedConfig): Promise<SetUpTopics> {
  const { applicationId, log, deadLetterTopics } = config;
  const sources = sourceTopics(topology);
  const sinks = [...topology.nodes.values()].flatMap((node) =>
    node.kind === 'sink' && typeof node.topic === 'string' ? [node.topic] : [],
  );
  const wanted = [...new Set([...sources, ...sinks, ...deadLetterTopics])];
  const external = wanted.filter((name) => !topology.repartitionTopics.has(name));
  const found = await log.admin.topics(external);
  const inputs = described(sources.flatMap((name) => found.get(name) ?? []));
  const counts = new Map([...found].map(([name, { partitions }]) => [name, partitions]));
  const topics = resolveTopics(topology, applicationId, counts);
  for (const name of [...sinks, ...deadLetterTopics]) {
    if (!topology.repartitionTopics.has(name) && !found.has(name)) throw missingTopic(name, 'writes to');
  }
  await checkTopologyChange(topology, topics.tasks, config);
  await createInternalTopics(topology, config, topics);
  for (const [name, count] of topics.partitions) counts.set(name, count);
  return { topics, inputs, directory: directoryOf(topology, applicationId, counts, log) };
}

/** The input topics as they are now: see `SetUpTopics`. */
export async function inputTopics(topology: Topology, { log }: ResolvedConfig): Promise<string> {
  const names = sourceTopics(topology).filter((name) => !topology.repartitionTopics.has(name));
  return described([...(await log.admin.topics(names)).values()]);
}

function sourceTopics(topology: Topology): string[] {
  return topology.subTopologies.flatMap((subTopology) =>
    subTopology.sources.flatMap((node) => node.topics.map(({ name }) => name)),
  );
}

function described(topics: readonly TopicInfo[]): string {
  const sorted = topics.toSorted((a, b) => (a.name < b.name ? -1 : 1));
  return JSON.stringify(sorted.map(({ name, id, partitions }) => [name, id, partitions]));
}

async function createInternalTopics(
  topology: Topology,
  { applicationId, log, windowStoreChangelogAdditionalRetentionMs }: ResolvedConfig,
  topics: ResolvedTopics,
): Promise<void> {
  const repartition = [...topology.repartitionTopics.keys()].map((name) => {
    const realName = topics.realName(name);
    return { name: realName, partitions: topics.partitions.get(realName) ?? 1, configs: repartitionConfigs };
  });
  const changelogs = topology.subTopologies.flatMap((subTopology) =>
    subTopology.stores
      .filter((spec) => spec.logging && !subTopology.global)
      .map((spec) => ({
        name: changelogName(applicationId, spec.name),
        partitions: topics.tasks.get(subTopology.id) ?? 1,
        configs: changelogConfigs(spec, windowStoreChangelogAdditionalRetentionMs),
      })),
  );
  const wanted = [...repartition, ...changelogs];
  if (wanted.length === 0) return;
  await log.admin.createTopics(wanted);
  assertSettings(wanted, await log.admin.topics(wanted.map(({ name }) => name)));
}

function directoryOf(
  topology: Topology,
  applicationId: string,
  counts: Map<string, number>,
  log: LogClient,
): TopicDirectory {
  const lookUp = async (name: string): Promise<number> => {
    const info = (await log.admin.topics([name])).get(name);
    if (info === undefined) throw missingTopic(name, 'writes to');
    counts.set(name, info.partitions);
    return info.partitions;
  };
  return {
    realName: realNames(topology, applicationId),
    partitions: (name) => counts.get(name) ?? lookUp(name),
    knownPartitions: (name) => counts.get(name),
  };
}
