import type { PartitionLog } from '@millrace/embedded-log/raw';
import {
  deleteRecordsApi,
  errorCodes,
  listOffsetsApi,
  offsetForLeaderEpochApi,
} from '@millrace/kafka-protocol/messages';
import { failureOf } from '../error-code.ts';
import { handler, type ServedLog } from '../handler.ts';

const readCommitted = 1;
const none = -1;
/** In place of a time: the end, the start, the record with the largest time, the start on this device. */
const specialTimes = {
  latest: -1,
  earliest: -2,
  maxTimestamp: -3,
  earliestLocal: -4,
  latestTiered: -5,
} as const;
const leaderEpoch = 0;

interface FoundOffset {
  readonly offset: number;
  readonly timestamp: number;
}

async function offsetAt(log: PartitionLog, timestamp: number, isCommitted: boolean): Promise<FoundOffset> {
  switch (timestamp) {
    case specialTimes.latest:
      return { offset: isCommitted ? log.stableEnd : log.end, timestamp: none };
    case specialTimes.earliest:
    case specialTimes.earliestLocal:
      return { offset: log.start, timestamp: none };
    case specialTimes.latestTiered:
      return { offset: none, timestamp: none };
    case specialTimes.maxTimestamp: {
      const max = Math.max(...log.segments.map(({ maxTimestamp }) => maxTimestamp), none);
      return max === none ? { offset: none, timestamp: none } : firstAt(log, max);
    }
    default:
      return firstAt(log, timestamp);
  }
}

async function firstAt(log: PartitionLog, timestamp: number): Promise<FoundOffset> {
  const found = await log.firstAt(timestamp);
  return found === undefined
    ? { offset: none, timestamp: none }
    : { offset: found.offset, timestamp: found.timestamp };
}

async function listOffset(
  log: ServedLog,
  topic: string,
  { partitionIndex, timestamp }: { readonly partitionIndex: number; readonly timestamp: number },
  isCommitted: boolean,
) {
  const partition = log.raw.partition(topic, partitionIndex);
  const absent = { partitionIndex, offset: none, timestamp: none };
  if (partition === undefined) return { ...absent, errorCode: errorCodes.UNKNOWN_TOPIC_OR_PARTITION };
  try {
    const found = await offsetAt(partition, timestamp, isCommitted);
    return { partitionIndex, errorCode: errorCodes.NONE, ...found, leaderEpoch };
  } catch (error) {
    return { ...absent, errorCode: failureOf(error).errorCode };
  }
}

export const handleListOffsets = handler(
  listOffsetsApi,
  async ({ topics, isolationLevel }, { log, version }) => ({
    topics: await Promise.all(
      topics.map(async ({ name, partitions }) => ({
        name,
        partitions: await Promise.all(
          partitions.map(async (one) => {
            const found = await listOffset(log, name, one, isolationLevel === readCommitted);
            return version >= 4 ? found : { ...found, leaderEpoch: none };
          }),
        ),
      })),
    ),
  }),
);

/** There is one epoch only: it ends where the partition does. */
export const handleOffsetForLeaderEpoch = handler(offsetForLeaderEpochApi, ({ topics }, { log }) => ({
  topics: topics.map(({ topic, partitions }) => ({
    topic,
    partitions: partitions.map(({ partition }) => {
      const found = log.raw.partition(topic, partition);
      if (found === undefined) return { partition, errorCode: errorCodes.UNKNOWN_TOPIC_OR_PARTITION };
      return { partition, errorCode: errorCodes.NONE, leaderEpoch, endOffset: found.end };
    }),
  })),
}));

export const handleDeleteRecords = handler(deleteRecordsApi, async ({ topics }, { log }) => ({
  topics: await Promise.all(
    topics.map(async ({ name, partitions }) => ({
      name,
      partitions: await Promise.all(
        partitions.map(async ({ partitionIndex, offset }) => {
          const found = log.raw.partition(name, partitionIndex);
          const refused = (errorCode: number) => ({ partitionIndex, lowWatermark: none, errorCode });
          if (found === undefined) return refused(errorCodes.UNKNOWN_TOPIC_OR_PARTITION);
          // -1 stands for the end.
          const before = offset === none ? found.stableEnd : offset;
          if (before < 0 || before > found.end) return refused(errorCodes.OFFSET_OUT_OF_RANGE);
          try {
            await log.admin.deleteRecords([{ topic: name, partition: partitionIndex, offset: before }]);
          } catch (error) {
            return refused(failureOf(error).errorCode);
          }
          return { partitionIndex, lowWatermark: found.start, errorCode: errorCodes.NONE };
        }),
      ),
    })),
  ),
}));
