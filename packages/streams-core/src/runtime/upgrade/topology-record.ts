import { randomUUID } from 'node:crypto';
import { readFile, rename, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { type LogClient, noHeaders } from '@millrace/log-client';
import type { StoreSpec } from '@millrace/state-stores';
import { z } from 'zod';
import { internalTopicsOf, topologyTopic } from '../../topology/built/owned-topics.ts';
import type { Topology } from '../../topology/built/topology.ts';
import type { TopologyNode } from '../../topology/graph/nodes.ts';
import { readRange } from './read-range.ts';

const StoreRecord = z.object({
  name: z.string(),
  kind: z.string(),
  /** The serdes' names; undefined where they have none. */
  key: z.string().optional(),
  value: z.string().optional(),
  windowSizeMs: z.number().optional(),
  retentionMs: z.number().optional(),
  /** On disk; undefined in records of a version that did not say. */
  persistent: z.boolean().optional(),
  subTopology: z.number(),
  /** Whether it is in a changelog, or in its input topic; else it is in its folder only. */
  logged: z.boolean(),
  partitions: z.number(),
});

const NodeRecord = z.object({
  name: z.string(),
  /** `source`, `sink` or the operator's kind. */
  kind: z.string(),
  parents: z.array(z.string()),
});

const TopologyRecord = z.object({
  version: z.literal(1),
  /** In a lock file only. */
  nodes: z.array(NodeRecord).optional(),
  stores: z.array(StoreRecord),
  internalTopics: z.array(z.string()),
});

export type NodeRecord = z.infer<typeof NodeRecord>;

export type StoreRecord = z.infer<typeof StoreRecord>;

/** What an application last ran, as far as its state depends on it. */
export type TopologyRecord = z.infer<typeof TopologyRecord>;

/** What a topology keeps; `tasks` says how many partitions each sub-topology has. */
export function recordOf(
  topology: Topology,
  applicationId: string,
  tasks: ReadonlyMap<number, number>,
): TopologyRecord {
  const stores = topology.subTopologies
    .filter((subTopology) => !subTopology.global)
    .flatMap(({ id, stores: specs }) => specs.map((spec) => storeRecord(spec, id, tasks.get(id) ?? 1)));
  return { version: 1, stores, internalTopics: internalTopicsOf(topology, applicationId) };
}

function storeRecord(spec: StoreSpec, subTopology: number, partitions: number): StoreRecord {
  const { name, kind, key, value, logging, sourceTopic } = spec;
  return {
    name,
    kind,
    ...(key.name === undefined ? {} : { key: key.name }),
    ...(value.name === undefined ? {} : { value: value.name }),
    ...('windowSizeMs' in spec ? { windowSizeMs: spec.windowSizeMs } : {}),
    ...('retentionMs' in spec ? { retentionMs: spec.retentionMs } : {}),
    persistent: spec.persistent,
    subTopology,
    logged: logging || sourceTopic !== undefined,
    partitions,
  };
}

function nodeRecord(node: TopologyNode): NodeRecord {
  const { name } = node;
  if (node.kind === 'source') return { name, kind: node.kind, parents: [] };
  const kind = node.kind === 'processor' ? node.operator.kind : node.kind;
  return { name, kind, parents: [...node.parents] };
}

/** In the place of an application's id, in the names of its topics. */
const anyApplication = '{application}';

/** What a topology keeps whatever its application is called and however many partitions its input has. */
export function lockOf(topology: Topology): TopologyRecord {
  return {
    ...recordOf(topology, anyApplication, new Map()),
    nodes: [...topology.nodes.values()].map(nodeRecord),
  };
}

/** A lock that was written down; undefined where it is none, or of a later version. */
export function parseTopologyRecord(text: string): TopologyRecord | undefined {
  return parse(text);
}

function parse(text: string): TopologyRecord | undefined {
  try {
    const parsed = TopologyRecord.safeParse(JSON.parse(text));
    // One of a later version says nothing here.
    return parsed.success ? parsed.data : undefined;
  } catch {
    return undefined;
  }
}

/** What an application last ran, from the log; undefined where it has not, or kept no state. */
export async function readTopologyRecord(
  log: LogClient,
  applicationId: string,
): Promise<TopologyRecord | undefined> {
  const topic = topologyTopic(applicationId);
  if (!(await log.admin.topics([topic])).has(topic)) return undefined;
  const [range] = await log.admin.offsets([{ topic, partition: 0 }], { awaitTransactions: true });
  let last: string | undefined;
  for await (const records of readRange(log, { topic, partition: 0, ...range! })) {
    const { value } = records.at(-1)!;
    if (value !== null) last = Buffer.from(value).toString();
  }
  return last === undefined ? undefined : parse(last);
}

/** Notes in the log what an application runs now. */
export async function writeTopologyRecord(
  log: LogClient,
  applicationId: string,
  record: TopologyRecord,
): Promise<void> {
  const topic = topologyTopic(applicationId);
  await log.admin.createTopics([{ name: topic, partitions: 1, configs: { 'cleanup.policy': 'compact' } }]);
  const producer = await log.producer();
  const value = JSON.stringify(record);
  try {
    const records = [{ key: 'topology', value, timestamp: Date.now(), headers: noHeaders }];
    await producer.send([{ topic, partition: 0, records }]);
  } finally {
    await producer.close();
  }
}

function fileOf(stateDir: string, applicationId: string): string {
  return path.join(stateDir, applicationId, 'topology.json');
}

/** The same in the state folder of one machine: what is in no changelog depends on it alone. */
export async function readStateRecord(
  stateDir: string,
  applicationId: string,
): Promise<TopologyRecord | undefined> {
  try {
    return parse(await readFile(fileOf(stateDir, applicationId), 'utf8'));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}

export async function writeStateRecord(
  stateDir: string,
  applicationId: string,
  record: TopologyRecord,
): Promise<void> {
  const file = fileOf(stateDir, applicationId);
  // Whole or not at all: another instance may read or write it now, in another thread of this process too.
  const fresh = `${file}.${randomUUID()}.tmp`;
  await writeFile(fresh, JSON.stringify(record, undefined, 2), { mode: 0o600 });
  await rename(fresh, file);
}
