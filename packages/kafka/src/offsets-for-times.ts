import { type OffsetAtTime, type TopicPartition, topicPartitionKey } from '@millrace/log-client';
import type { Cluster } from './cluster/cluster.ts';
import { assertOk } from './wire/error-codes.ts';
import { offsetsForTimesRequest } from './wire/offsets-for-times.ts';

const noOffset = -1;

/** For each partition the first record at or after a time; undefined where there is none. */
export async function offsetsForTimes(
  cluster: Cluster,
  at: readonly (TopicPartition & { readonly timestamp: number })[],
): Promise<(OffsetAtTime | undefined)[]> {
  if (at.length === 0) return [];
  await cluster.know(at);
  const found: (OffsetAtTime | undefined)[] = at.map(() => undefined);
  for (const round of oncePerRound(at)) {
    for (const [index, offset] of await ask(cluster, round)) found[index] = offset;
  }
  return found;
}

function ask(cluster: Cluster, round: readonly IndexedTime[]): Promise<Map<number, OffsetAtTime>> {
  return cluster.retry('Looking for offsets by time', async () => {
    const offsets = new Map<number, OffsetAtTime>();
    for (const [broker, list] of await cluster.byLeader(round)) {
      const answer = await broker.send(offsetsForTimesRequest(list));
      for (const { topic, partition, errorCode, offset, timestamp } of answer) {
        assertOk(errorCode, `${topic}-${partition}`);
        const asked = list.find((one) => one.topic === topic && one.partition === partition)!;
        if (offset !== noOffset) offsets.set(asked.index, { offset, timestamp });
      }
    }
    return offsets;
  });
}

interface IndexedTime extends TopicPartition {
  readonly timestamp: number;
  readonly index: number;
}

/** Brokers refuse a request that names a partition twice: each round names it once. */
function oncePerRound(at: readonly (TopicPartition & { readonly timestamp: number })[]): IndexedTime[][] {
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
