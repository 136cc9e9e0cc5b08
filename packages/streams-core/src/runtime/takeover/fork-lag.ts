import { type LogClient, type TopicPartition, topicPartitionKey } from '@millrace/log-client';
import { committedBy, everyPartition } from './consistent-cut.ts';
import type { Fork } from './fork-record.ts';
import { internalNames } from './internal-names.ts';

/** A partition in which an application is not as far as it has to be. */
export interface BehindPartition extends TopicPartition {
  /** The application. */
  readonly application: string;
  /** How many offsets it has still to read. */
  readonly lag: number;
}

/** Where a shadow has still to read what the other application has, or its own topics. */
export async function shadowLag(log: LogClient, shadow: string, fork: Fork): Promise<BehindPartition[]> {
  const ahead = await positionsOf(log, fork.of);
  const own = await positionsOf(log, shadow);
  const { reads, newInputs } = fork;
  // Before its first start it is not known what it reads.
  const isFollowed = (topic: string): boolean =>
    reads === undefined || (reads.includes(topic) && !newInputs.includes(topic));
  const behind = [...ahead.values()].flatMap(({ topic, partition, offset }) => {
    if (!isFollowed(topic)) return [];
    const lag = offset - (own.get(topicPartitionKey(topic, partition))?.offset ?? 0);
    return lag > 0 ? [{ application: shadow, topic, partition, lag }] : [];
  });
  return [...behind, ...(await lastRunLag(log, shadow))];
}

/** What an application has written to its own topics, as it last ran, and not yet read. */
export async function lastRunLag(log: LogClient, applicationId: string): Promise<BehindPartition[]> {
  const { repartition } = await internalNames(log, applicationId);
  return ownLag(log, applicationId, repartition);
}

/** What an application has written to topics of its own and not yet read. */
export async function ownLag(
  log: LogClient,
  applicationId: string,
  topics: readonly string[],
): Promise<BehindPartition[]> {
  const partitions = await everyPartition(log, topics);
  // In this order: what a commit has read of one topic it has written to the next, whose end is looked up
  // after it.
  const committed = await log.admin.committed(applicationId, partitions);
  const ranges = await log.admin.offsets(partitions, { awaitTransactions: true });
  return partitions.flatMap((one, index) => {
    const { start, end } = ranges[index]!;
    const lag = end - Math.max(start, committed[index]?.offset ?? start);
    return lag > 0 ? [{ application: applicationId, ...one, lag }] : [];
  });
}

async function positionsOf(
  log: LogClient,
  group: string,
): Promise<Map<string, TopicPartition & { readonly offset: number }>> {
  const commits = await committedBy(log, group);
  return new Map(commits.map((commit) => [topicPartitionKey(commit.topic, commit.partition), commit]));
}
