import { type LogClient, noHeaders, type PartitionRecords } from '@millrace/log-client';
import { z } from 'zod';
import { StreamsError } from '../../errors.ts';
import { takeoverTopic } from '../../topology/built/owned-topics.ts';
import { readRange } from '../upgrade/read-range.ts';

const Fork = z.object({
  version: z.literal(1),
  /**
   * `copying`: its state is not whole yet. `shadow`: it follows the other application, and its results go to
   * topics of their own. `promoted`: it has taken over.
   */
  state: z.enum(['copying', 'shadow', 'promoted']),
  /** The application that it was forked from. */
  of: z.string(),
  /** Input topics that the other application does not read: they are not followed. */
  newInputs: z.array(z.string()),
  /** Where topics ended when the state was copied, by partition. */
  outputs: z.record(z.string(), z.array(z.number())),
  /** What its topology reads; undefined before its first start. */
  reads: z.array(z.string()).optional(),
});

/** Of an application whose work another one does now. */
const Replaced = z.object({ version: z.literal(1), state: z.literal('replaced'), by: z.string() });

const Role = z.discriminatedUnion('state', [Fork, Replaced]);

export type Fork = z.infer<typeof Fork>;

/** What an application is to another one. */
export type TakeoverRole = z.infer<typeof Role>;

/** What an application is to another one; undefined for one that was never forked and is none. */
export async function readRole(log: LogClient, applicationId: string): Promise<TakeoverRole | undefined> {
  const topic = takeoverTopic(applicationId);
  if (!(await log.admin.topics([topic])).has(topic)) return undefined;
  const [range] = await log.admin.offsets([{ topic, partition: 0 }], { awaitTransactions: true });
  let last: string | undefined;
  for await (const records of readRange(log, { topic, partition: 0, ...range! })) {
    const { value } = records.at(-1)!;
    last = value === null ? undefined : Buffer.from(value).toString();
  }
  if (last === undefined) return undefined;
  const { data, error } = Role.safeParse(JSON.parse(last));
  if (data !== undefined) return data;
  throw new StreamsError(
    'FORK_STATE',
    `The topic "${topic}" was written by a later version of this library: use that one`,
    { cause: error },
  );
}

/** The fork of that name. @throws StreamsError `FORK_STATE` where there is none */
export async function readFork(log: LogClient, applicationId: string): Promise<Fork> {
  const role = await readRole(log, applicationId);
  if (role !== undefined && role.state !== 'replaced') return role;
  throw new StreamsError(
    'FORK_STATE',
    `"${applicationId}" is no fork: make it one with "millrace fork APP ${applicationId}"`,
  );
}

export async function createTakeoverTopic(log: LogClient, applicationId: string): Promise<void> {
  const configs = { 'cleanup.policy': 'compact' };
  await log.admin.createTopics([{ name: takeoverTopic(applicationId), partitions: 1, configs }]);
}

/** A record that says what an application is from now on. */
export function roleRecord(applicationId: string, role: TakeoverRole): PartitionRecords {
  const record = { key: 'role', value: JSON.stringify(role), timestamp: Date.now(), headers: noHeaders };
  return { topic: takeoverTopic(applicationId), partition: 0, records: [record] };
}
