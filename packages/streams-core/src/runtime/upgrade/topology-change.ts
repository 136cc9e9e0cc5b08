import { mkdir } from 'node:fs/promises';
import path from 'node:path';
import { TopologyError } from '../../errors.ts';
import { ownedTopics, topologyTopic } from '../../topology/built/owned-topics.ts';
import type { Topology } from '../../topology/built/topology.ts';
import type { ResolvedConfig } from '../config.ts';
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
 * What an application would lose by running `now` after `last`, in sentences; none where it loses nothing.
 */
export function lossesOf(last: TopologyRecord, now: TopologyRecord): string[] {
  const before = new Map(last.stores.map((store) => [store.name, store]));
  const after = new Map(now.stores.map((store) => [store.name, store]));
  const gone = last.stores.filter(({ name }) => !after.has(name));
  const fresh = now.stores.filter(({ name }) => !before.has(name));
  const changed = now.stores.flatMap((store) => {
    const known = before.get(store.name);
    return known === undefined ? [] : changesOf(known, store);
  });
  return [...changed, ...renamed(gone, fresh), ...topicsRenamed(last, now)];
}

function changesOf(known: StoreRecord, store: StoreRecord): string[] {
  const name = `store "${store.name}"`;
  const found: string[] = [];
  type Fact = string | number | undefined;
  const differs = (what: string, before: Fact, after: Fact): void => {
    if (before === undefined || after === undefined || before === after) return;
    found.push(
      `${name} was ${what} ${before} and is ${what} ${after} now: what it holds would be read wrongly`,
    );
  };
  differs('of kind', known.kind, store.kind);
  differs('with the key serde', known.key, store.key);
  differs('with the value serde', known.value, store.value);
  differs('for windows of ms', known.windowSizeMs, store.windowSizeMs);
  if (known.subTopology !== store.subTopology && !(known.logged && store.logged)) {
    found.push(
      `${name} has no changelog and moves from sub-topology ${known.subTopology} to ${store.subTopology}: it would start empty there`,
    );
  }
  return found;
}

/** A store that is missing, next to a new one of its kind, is taken for one that was renamed. */
function renamed(gone: readonly StoreRecord[], fresh: readonly StoreRecord[]): string[] {
  const left = [...fresh];
  return gone.flatMap((old) => {
    const alike = left.findIndex(({ kind }) => kind === old.kind);
    if (alike < 0) return [];
    const [store] = left.splice(alike, 1);
    const generated = isGenerated(old.name) && isGenerated(store!.name);
    const why = generated ? ' (its name is generated from its place, which other operators have moved)' : '';
    return [
      `store "${old.name}" is gone and "${store!.name}" is new${why}: if they are the same, give it the old name back with { as: '${old.name}' }, else it starts empty`,
    ];
  });
}

function topicsRenamed(last: TopologyRecord, now: TopologyRecord): string[] {
  const between = ({ internalTopics }: TopologyRecord): string[] =>
    internalTopics.filter((name) => !name.endsWith('-changelog'));
  const gone = between(last).filter((name) => !now.internalTopics.includes(name));
  const fresh = between(now).filter((name) => !last.internalTopics.includes(name));
  if (gone.length === 0 || fresh.length === 0) return [];
  return [`what waits in ${list(gone)} would not be processed: the topology has ${list(fresh)} instead`];
}

function isGenerated(name: string): boolean {
  return /-[0-9]{10}(-|$)/.test(name);
}

function list(names: readonly string[]): string {
  return names.map((name) => `"${name}"`).join(', ');
}

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
  const losses = lossesOf(last, now);
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
  const used = new Set([...now.internalTopics, topologyTopic(applicationId)]);
  const orphans = ownedTopics({ applicationId, topics, applications, recorded }).filter(
    (name) => !used.has(name),
  );
  if (orphans.length === 0) return;
  logger.warn(
    { applicationId },
    `App "${applicationId}" has internal topics that its topology does not use any more: ${list(orphans)}. Delete them when you are sure`,
  );
}
