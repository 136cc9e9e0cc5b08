import { setTimeout as sleep } from 'node:timers/promises';
import type { LogClient, OffsetCommit, TopicPartition } from '@millrace/log-client';
import { StreamsError } from '../../errors.ts';

/** An application at one moment between two commits. */
export interface ConsistentCut {
  /** How far it had read. */
  readonly committed: readonly OffsetCommit[];
  /** Where topics ended, by name and partition. */
  readonly ends: ReadonlyMap<string, readonly number[]>;
}

export interface CutOptions {
  readonly applicationId: string;
  /** The topics whose ends belong to it. */
  readonly topics: readonly string[];
  /** How long to look for a moment without a commit, in milliseconds. */
  readonly withinMs: number;
}

/**
 * Where an application and its topics stand, as one. Offsets, changelogs and results of a task are in one
 * commit: while nothing was committed between two looks, the ends that were read between them are those of
 * the offsets. @throws StreamsError `FORK_STATE` where there was no such moment
 */
export async function consistentCut(
  log: LogClient,
  { applicationId, topics, withinMs }: CutOptions,
): Promise<ConsistentCut> {
  const partitions = await everyPartition(log, topics);
  const deadline = Date.now() + withinMs;
  for (let attempt = 1; ; attempt++) {
    const before = await committedBy(log, applicationId);
    const ranges = await log.admin.offsets(partitions, { awaitTransactions: true });
    const after = await committedBy(log, applicationId);
    if (textOf(before) === textOf(after)) {
      const ends = new Map<string, number[]>(topics.map((topic) => [topic, []]));
      for (const [index, { topic }] of partitions.entries()) ends.get(topic)!.push(ranges[index]!.end);
      return { committed: after, ends };
    }
    if (Date.now() > deadline) {
      throw new StreamsError(
        'FORK_STATE',
        `"${applicationId}" commits without a pause: in ${attempt} looks within ${withinMs} ms there was no moment at which its offsets and its topics belong together. Pause it for a moment (app.pause()), or raise its commitIntervalMs`,
      );
    }
    // Not in step with its commits.
    await sleep(1 + Math.random() * 20);
  }
}

/** All that a group has committed. */
export async function committedBy(log: LogClient, group: string): Promise<OffsetCommit[]> {
  const known = (await log.admin.describeGroup(group))?.partitions ?? [];
  const partitions = known.map(({ topic, partition }) => ({ topic, partition }));
  const committed = await log.admin.committed(group, partitions);
  return partitions.flatMap((one, index) => {
    const commit = committed[index];
    return commit === undefined ? [] : [{ ...one, ...commit }];
  });
}

/** Every partition of topics that exist, by topic and number. */
export async function everyPartition(log: LogClient, topics: readonly string[]): Promise<TopicPartition[]> {
  const found = await log.admin.topics(topics);
  return topics.flatMap((topic) =>
    Array.from({ length: found.get(topic)?.partitions ?? 0 }, (_, partition) => ({ topic, partition })),
  );
}

function textOf(commits: readonly OffsetCommit[]): string {
  return JSON.stringify(commits.map(({ topic, partition, offset }) => [topic, partition, offset]));
}
