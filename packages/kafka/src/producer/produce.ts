import { produceApi } from '@millrace/kafka-protocol/messages';
import { byTopic, type TopicPartition } from '@millrace/log-client';
import type { Broker } from '../cluster/broker.ts';

export interface ProducedBatch extends TopicPartition {
  readonly bytes: Uint8Array;
}

export interface ProduceResult extends TopicPartition {
  readonly errorCode: number;
  readonly baseOffset: number;
  /** Why records were refused, where the broker says so. */
  readonly message: string | undefined;
}

const allInSync = -1;

/** Sends one batch for each partition, to be acknowledged by all replicas in sync. */
export async function produce(
  broker: Broker,
  transactionalId: string | null,
  batches: readonly ProducedBatch[],
  timeoutMs: number,
): Promise<readonly ProduceResult[]> {
  const topicData = byTopic(batches).map(({ topic: name, entries }) => ({
    name,
    partitionData: entries.map(({ partition, bytes }) => ({ index: partition, records: bytes })),
  }));
  const { responses } = await broker.send(produceApi, {
    transactionalId,
    acks: allInSync,
    timeoutMs,
    topicData,
  });
  return responses.flatMap(({ name: topic, partitionResponses }) =>
    partitionResponses.map(({ index, errorCode, baseOffset, recordErrors, errorMessage }) => ({
      topic,
      partition: index,
      errorCode,
      baseOffset,
      message: recordErrors[0]?.batchIndexErrorMessage ?? errorMessage ?? undefined,
    })),
  );
}
