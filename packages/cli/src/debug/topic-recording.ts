import type { LogClient } from '@millrace/log-client';
import { bytes, nullable, records, topic } from '@millrace/streams-core';
import type { RecordedInput, Recording } from '@millrace/testing';

/** Records of topics as a recording, by their timestamps: up to so many, from the beginning. */
export async function topicRecording(
  log: LogClient,
  topics: readonly string[],
  limit: number,
): Promise<Recording> {
  const entries: RecordedInput[] = [];
  for (const name of topics) {
    const raw = topic(name, { key: bytes(), value: nullable(bytes()) });
    for await (const { partition, key, value, timestamp, headers } of records(log, raw, { limit }))
      entries.push({ topic: name, partition, record: { key, value, timestamp, headers } });
  }
  // Stable: records of one partition stay in their order where they have the same time.
  const byTime = entries.toSorted((a, b) => a.record.timestamp - b.record.timestamp);
  return { entries: byTime.slice(0, limit), missing: 0 };
}
