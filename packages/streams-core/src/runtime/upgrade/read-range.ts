import type { LogClient, LogRecord, PollOptions, TopicPartition } from '@millrace/log-client';

/** Part of a partition: from `start` up to `end`, without the latter. */
export interface PartitionRange extends TopicPartition {
  readonly start: number;
  readonly end: number;
}

const pollOptions: PollOptions = { maxWaitMs: 100, maxRecords: 5000, maxBytes: 4 << 20 };

/** The records of a range, some thousand or some megabytes at a time. */
export async function* readRange(
  log: LogClient,
  { topic, partition, start, end }: PartitionRange,
): AsyncGenerator<readonly LogRecord[]> {
  if (start >= end) return;
  const reader = await log.reader([{ topic, partition, offset: start }]);
  try {
    for (let offset = start; offset < end; ) {
      for (const { records, nextOffset } of await reader.poll(pollOptions)) {
        offset = nextOffset;
        const within = nextOffset <= end ? records : records.filter((record) => record.offset < end);
        if (within.length > 0) yield within;
      }
    }
  } finally {
    await reader.close();
  }
}
