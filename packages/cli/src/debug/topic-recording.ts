import type { LogClient } from '@millrace/log-client';
import type { RecordedInput, Recording } from '@millrace/testing';
import { partitionsOf, topicNamed } from '../partitions.ts';

/** Records of topics as a recording, by their timestamps: up to so many, from the beginning. */
export async function topicRecording(
  log: LogClient,
  topics: readonly string[],
  limit: number,
): Promise<Recording> {
  const entries: RecordedInput[] = [];
  for (const name of topics) {
    const partitions = partitionsOf(await topicNamed(log, name));
    const ranges = await log.admin.offsets(partitions);
    const ends = new Map(partitions.map(({ partition }, index) => [partition, ranges[index]!.end]));
    const positions = partitions.map((one, index) => ({ ...one, offset: ranges[index]!.start }));
    const next = new Map(positions.map(({ partition, offset }) => [partition, offset]));
    const reader = await log.reader(positions);
    const isDone = (): boolean =>
      partitions.every(({ partition }) => next.get(partition)! >= ends.get(partition)!);
    for (let read = 0; read < limit && !isDone(); ) {
      for (const { partition, records, nextOffset } of await reader.poll({
        maxWaitMs: 200,
        maxRecords: 1000,
      })) {
        next.set(partition, nextOffset);
        for (const { key, value, timestamp, headers } of records.slice(0, limit - read))
          entries.push({ topic: name, partition, record: { key, value, timestamp, headers } });
        read += records.length;
      }
    }
    await reader.close();
  }
  // Stable: records of one partition stay in their order where they have the same time.
  const byTime = entries.toSorted((a, b) => a.record.timestamp - b.record.timestamp);
  return { entries: byTime.slice(0, limit), missing: 0 };
}
