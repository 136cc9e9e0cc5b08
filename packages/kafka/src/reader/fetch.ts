import type { AbortedTransaction } from '@millrace/kafka-protocol';
import { errorCodes, fetchApi } from '@millrace/kafka-protocol/messages';
import { byTopic, type TopicPartition } from '@millrace/log-client';
import type { Broker } from '../cluster/broker.ts';
import { assertOk } from '../errors.ts';
import { isolationLevels } from '../list-offsets.ts';
import type { FetchPosition } from './fetch-position.ts';

export interface FetchedPartition extends TopicPartition {
  readonly errorCode: number;
  /** Up to here everything is decided; what is read as committed ends here. */
  readonly lastStableOffset: number;
  readonly aborted: readonly AbortedTransaction[];
  /** Record batches; the last one may be cut off. */
  readonly records: Buffer;
}

export interface FetchOptions {
  readonly maxWaitMs: number;
  readonly maxBytes: number;
  readonly maxPartitionBytes: number;
  /** A topic's id: it differs between a recreated topic and the one before. */
  readonly topicId: (topic: string) => string | undefined;
}

const noRecords = Buffer.alloc(0);

/** Fetches what is committed, without a fetch session. */
export async function fetchCommitted(
  broker: Broker,
  positions: readonly FetchPosition[],
  { maxWaitMs, maxBytes, maxPartitionBytes, topicId }: FetchOptions,
): Promise<readonly FetchedPartition[]> {
  const names = new Map<string, string>();
  const topics = byTopic(positions).map(({ topic, entries }) => {
    const id = topicId(topic);
    if (id !== undefined) names.set(id, topic);
    return {
      topic,
      ...(id === undefined ? {} : { topicId: id }),
      partitions: entries.map(({ partition, fetchOffset }) => ({
        partition,
        fetchOffset,
        partitionMaxBytes: maxPartitionBytes,
      })),
    };
  });
  const isolationLevel = isolationLevels.readCommitted;
  const request = { maxWaitMs, minBytes: 1, maxBytes, isolationLevel, topics };
  const { errorCode, responses } = await broker.send(fetchApi, request, { waitMs: maxWaitMs });
  assertOk(errorCode);
  return responses.flatMap(({ topic, topicId: id, partitions }) =>
    partitions.map((one) => ({
      // By the id where the version has it, by the name where it has that.
      topic: names.get(id) ?? topic,
      partition: one.partitionIndex,
      errorCode: one.errorCode,
      lastStableOffset: one.lastStableOffset,
      aborted: one.abortedTransactions ?? [],
      records: one.records ?? noRecords,
    })),
  );
}

/** Whether a fetch error says that the topic is not there, or not under the id that it had. */
export function isTopicGone(errorCode: number): boolean {
  return (
    errorCode === errorCodes.UNKNOWN_TOPIC_OR_PARTITION ||
    errorCode === errorCodes.UNKNOWN_TOPIC_ID ||
    errorCode === errorCodes.INCONSISTENT_TOPIC_ID
  );
}
