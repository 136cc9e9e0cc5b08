import { listOffsetsApi } from '@millrace/kafka-protocol/messages';
import { byTopic, type OffsetAtTime, type TopicPartition, topicPartitionKey } from '@millrace/log-client';
import type { Cluster } from './cluster/cluster.ts';
import { assertOk } from './errors.ts';

/** Of Kafka's ListOffsets: in place of a time. */
export const specialTimes = { earliest: -2, latest: -1 } as const;
export const isolationLevels = { readUncommitted: 0, readCommitted: 1 } as const;
const noOffset = -1;

export interface PartitionTime extends TopicPartition {
  readonly timestamp: number;
}

/**
 * Asks the leaders for each partition's offset at a time, by `topicPartitionKey`; -1 where there is none. A
 * partition may be named once only.
 */
async function ask(
  cluster: Cluster,
  at: readonly PartitionTime[],
  isolationLevel: number,
): Promise<Map<string, OffsetAtTime>> {
  const found = new Map<string, OffsetAtTime>();
  for (const [broker, list] of cluster.byLeader(at)) {
    const { topics } = await broker.send(listOffsetsApi, {
      replicaId: -1,
      isolationLevel,
      topics: byTopic(list).map(({ topic: name, entries }) => ({
        name,
        partitions: entries.map(({ partition, timestamp }) => ({ partitionIndex: partition, timestamp })),
      })),
    });
    for (const { name, partitions } of topics) {
      for (const { partitionIndex, errorCode, offset, timestamp } of partitions) {
        assertOk(errorCode, `${name}-${partitionIndex}`);
        found.set(topicPartitionKey(name, partitionIndex), { offset, timestamp });
      }
    }
  }
  return found;
}

/** The offsets of partitions at one of the special times. */
export function listOffsets(
  cluster: Cluster,
  partitions: readonly TopicPartition[],
  timestamp: number,
  isolationLevel: number,
): Promise<Map<string, number>> {
  return cluster.retry('Reading offsets', async () => {
    const at = partitions.map(({ topic, partition }) => ({ topic, partition, timestamp }));
    const found = await ask(cluster, at, isolationLevel);
    return new Map([...found].map(([key, { offset }]) => [key, offset]));
  });
}

/** For each partition the first record at or after a time; undefined where there is none. */
export async function offsetsForTimes(
  cluster: Cluster,
  at: readonly PartitionTime[],
): Promise<(OffsetAtTime | undefined)[]> {
  if (at.length === 0) return [];
  await cluster.know(at);
  const offsets: (OffsetAtTime | undefined)[] = at.map(() => undefined);
  for (const round of oncePerRound(at)) {
    const found = await cluster.retry('Looking for offsets by time', () =>
      ask(cluster, round, isolationLevels.readCommitted),
    );
    for (const { topic, partition, index } of round) {
      const one = found.get(topicPartitionKey(topic, partition))!;
      if (one.offset !== noOffset) offsets[index] = one;
    }
  }
  return offsets;
}

interface IndexedTime extends PartitionTime {
  readonly index: number;
}

/** Brokers refuse a request that names a partition twice: each round names it once. */
function oncePerRound(at: readonly PartitionTime[]): IndexedTime[][] {
  const rounds: IndexedTime[][] = [];
  const asked = new Map<string, number>();
  for (const [index, one] of at.entries()) {
    const key = topicPartitionKey(one.topic, one.partition);
    const round = asked.get(key) ?? 0;
    asked.set(key, round + 1);
    (rounds[round] ??= []).push({ ...one, index });
  }
  return rounds;
}
