import type { LogClient, LogRecord, TopicPartition } from '@millrace/log-client';

/** Part of a partition: from `start` up to `end`, without the latter. */
export interface PartitionRange extends TopicPartition {
  readonly start: number;
  readonly end: number;
}

const pollRecords = 5000;
const pollMs = 100;

/** The records of a range, some thousand at a time. */
export async function* readRange(
  log: LogClient,
  { topic, partition, start, end }: PartitionRange,
): AsyncGenerator<readonly LogRecord[]> {
  if (start >= end) return;
  const reader = await log.reader([{ topic, partition, offset: start }]);
  try {
    for (let offset = start; offset < end; ) {
      for (const { records, nextOffset } of await reader.poll({
        maxWaitMs: pollMs,
        maxRecords: pollRecords,
      })) {
        offset = nextOffset;
        const within = nextOffset <= end ? records : records.filter((record) => record.offset < end);
        if (within.length > 0) yield within;
      }
    }
  } finally {
    await reader.close();
  }
}
