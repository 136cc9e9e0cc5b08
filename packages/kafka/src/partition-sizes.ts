import { describeLogDirsApi } from '@millrace/kafka-protocol/messages';
import { byTopic, type TopicPartition, topicPartitionKey } from '@millrace/log-client';
import type { Cluster } from './cluster/cluster.ts';
import { assertOk } from './errors.ts';

/** What partitions take on their leaders' devices, in bytes, in the order asked for. */
export async function partitionSizes(
  cluster: Cluster,
  partitions: readonly TopicPartition[],
): Promise<number[]> {
  if (partitions.length === 0) return [];
  await cluster.know(partitions);
  const topics = byTopic(partitions).map(({ topic, entries }) => ({
    topic,
    partitions: entries.map(({ partition }) => partition),
  }));
  const answers = await cluster.retry('Reading sizes of partitions', () =>
    cluster.all((broker) => broker.send(describeLogDirsApi, { topics })),
  );
  const bytes = new Map<string, number>();
  for (const { results } of answers) {
    for (const { errorCode, topics: found } of results) {
      assertOk(errorCode);
      for (const { name, partitions: sizes } of found) {
        for (const { partitionIndex, partitionSize, isFutureKey } of sizes) {
          if (isFutureKey) continue;
          const key = topicPartitionKey(name, partitionIndex);
          // Each replica has a size of its own; the largest is the leader's, or soon will be.
          bytes.set(key, Math.max(partitionSize, bytes.get(key) ?? 0));
        }
      }
    }
  }
  return partitions.map(({ topic, partition }) => bytes.get(topicPartitionKey(topic, partition)) ?? 0);
}
