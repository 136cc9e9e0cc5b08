import { mkdir } from 'node:fs/promises';
import path from 'node:path';
import { TopologyError } from '../../errors.ts';
import { ownedTopics, takeoverTopic, topologyTopic } from '../../topology/built/owned-topics.ts';
import type { Topology } from '../../topology/built/topology.ts';
import type { ResolvedConfig } from '../config.ts';
import { isGenerated } from './node-changes.ts';
import { list, planChange, planText } from './plan.ts';
import {
  readStateRecord,
  readTopologyRecord,
  recordOf,
  type StoreRecord,
  type TopologyRecord,
  writeStateRecord,
  writeTopologyRecord,
} from './topology-record.ts';

/**
 * Compares what the topology wants with what the application last ran, and notes what it runs now.
 * @throws TopologyError `TOPOLOGY_CHANGED` naming what would be lost and what to do;
 * `TOPOLOGY_PARTITIONS_CHANGED`
 */
export async function checkTopologyChange(
  topology: Topology,
  tasks: ReadonlyMap<number, number>,
  config: ResolvedConfig,
): Promise<void> {
  const { log, applicationId, stateDir } = config;
  const now = recordOf(topology, applicationId, tasks);
  const keepsState = now.stores.length > 0 || now.internalTopics.length > 0;
  const inLog = await readTopologyRecord(log, applicationId);
  if (!keepsState && inLog === undefined) return;
  const inFolder = stateDir === undefined ? undefined : await readStateRecord(stateDir, applicationId);
  for (const last of [inLog, inFolder]) if (last !== undefined) compare(last, now, config);
  await warnOfOrphans(inLog, now, config);
  warnOfGeneratedNames(inLog, now, config);
  const text = JSON.stringify(now);
  if (JSON.stringify(inLog) !== text) await writeTopologyRecord(log, applicationId, now);
  if (stateDir !== undefined && now.stores.length > 0 && JSON.stringify(inFolder) !== text) {
    await mkdir(path.join(stateDir, applicationId), { recursive: true, mode: 0o700 });
    await writeStateRecord(stateDir, applicationId, now);
  }
}

function compare(
  last: TopologyRecord,
  now: TopologyRecord,
  { applicationId, allowTopologyChange, logger }: ResolvedConfig,
): void {
  for (const store of now.stores) {
    const known = last.stores.find(({ name }) => name === store.name);
    if (known !== undefined && known.partitions !== store.partitions)
      throw partitionsChanged(applicationId, known, store);
  }
  const losses = planChange(last, now)
    .filter(({ verdict }) => verdict === 'loses-state')
    .map(planText);
  if (losses.length === 0) return;
  if (allowTopologyChange) {
    logger.warn(
      { applicationId },
      `App "${applicationId}" starts with another topology: ${losses.join('; ')}`,
    );
    return;
  }
  throw new TopologyError(
    'TOPOLOGY_CHANGED',
    `The topology does not fit the state of "${applicationId}": ${losses.join('; ')}. Give the old names and types back; or begin again with "millrace reset ${applicationId}"; or start with allowTopologyChange: true, which leaves the old state behind`,
  );
}

function partitionsChanged(applicationId: string, known: StoreRecord, store: StoreRecord): TopologyError {
  return new TopologyError(
    'TOPOLOGY_PARTITIONS_CHANGED',
    `The input of sub-topology ${store.subTopology} has ${store.partitions} partitions, and had ${known.partitions} when the store "${store.name}" was made: most keys are in other partitions now, away from their rows. To keep the state, put the input back: create a topic with ${known.partitions} partitions, copy the records to it and read that. To make the state again, stop all instances and run "millrace reset ${applicationId}"`,
  );
}

/** Names, once for each store and log, what the next change of the topology may leave behind. */
function warnOfGeneratedNames(
  last: TopologyRecord | undefined,
  now: TopologyRecord,
  { applicationId, log, logger }: ResolvedConfig,
): void {
  if (!log.capabilities.isDurable) return;
  const known = new Set(last?.stores.map(({ name }) => name));
  const found = now.stores.map(({ name }) => name).filter((name) => isGenerated(name) && !known.has(name));
  if (found.length === 0) return;
  logger.warn(
    { applicationId },
    `App "${applicationId}" keeps state under generated names: ${list(found)}. They change when operators are added or removed before them, and the state is not found then. Name tables with { as: '...' } and groupings, joins and repartitionings with { name: '...' }; new StreamsBuilder({ requireNames: true }) refuses generated names`,
  );
}

/** Names, once for each start, internal topics that nothing uses any more. */
async function warnOfOrphans(
  last: TopologyRecord | undefined,
  now: TopologyRecord,
  { log, applicationId, logger }: ResolvedConfig,
): Promise<void> {
  if (last === undefined) return;
  const topics = [...(await log.admin.topics()).keys()];
  const applications = (await log.admin.groups()).map(({ group }) => group);
  const recorded = last.internalTopics;
  const used = new Set([...now.internalTopics, topologyTopic(applicationId), takeoverTopic(applicationId)]);
  const orphans = ownedTopics({ applicationId, topics, applications, recorded }).filter(
    (name) => !used.has(name),
  );
  if (orphans.length === 0) return;
  logger.warn(
    { applicationId },
    `App "${applicationId}" has internal topics that its topology does not use any more: ${list(orphans)}. Delete them when you are sure`,
  );
}
