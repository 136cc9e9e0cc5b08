import {
  invalidTimestamp,
  type PartitionRecords,
  type TopicPartition,
  topicPartitionKey,
} from '@millrace/log-client';
import {
  batchHeaderBytes,
  type BatchSource,
  batchSource,
  recordBytes,
  type WrittenBatch,
  WrittenRecords,
} from '@millrace/kafka-protocol';

/** Records for one partition. */
interface PlannedEntry extends TopicPartition {
  readonly records: BatchSource;
}

/** A run of one entry's records that goes out as one batch. */
export interface PlannedBatch {
  readonly entry: PlannedEntry;
  /** The entry's place among those to be sent. */
  readonly index: number;
  readonly from: number;
  readonly to: number;
  /** An upper bound of the batch's bytes before it is compressed. */
  readonly bytes: number;
  /** Where the records are written already. */
  readonly written?: WrittenBatch;
}

/**
 * A record that takes more than this part of a batch gets one of its own, so that a broker that refuses it
 * refuses no other.
 */
const aloneFrom = 1 / 8;

/** Two batches of half the records each, for a broker that finds one too large. */
export function halves({ entry, index, from, to }: PlannedBatch): PlannedBatch[] {
  const middle = (from + to) >>> 1;
  const records = [...entry.records];
  const half = (first: number, end: number): PlannedBatch => {
    const bytes = records.slice(first, end).reduce((sum, record) => sum + recordBytes(record), 0);
    return { entry: { ...entry, records }, index, from: first, to: end, bytes };
  };
  return [half(from, middle), half(middle, to)];
}

/** Cuts records into batches of about `maxBytes`; by partition, in the order in which they have to arrive. */
export function planBatches(
  entries: readonly PartitionRecords[],
  maxBytes: number,
): Map<string, PlannedBatch[]> {
  const plan = new Map<string, PlannedBatch[]>();
  for (const [index, { topic, partition, records: sequence }] of entries.entries()) {
    const records = batchSource(sequence);
    const entry = { topic, partition, records };
    const key = topicPartitionKey(topic, partition);
    const queue = plan.get(key) ?? [];
    if (records instanceof WrittenRecords) {
      queue.push(...records.batches.map((written) => plannedAs(written, entry, index)));
      if (queue.length > 0) plan.set(key, queue);
      continue;
    }
    let from = 0;
    let bytes = 0;
    let wasLarge = false;
    for (let at = 0; at < records.length; at++) {
      const { timestamp } = records[at]!;
      if (!Number.isSafeInteger(timestamp)) {
        throw invalidTimestamp(timestamp, { topic, partition, entry: index, index: at });
      }
      const size = recordBytes(records[at]!);
      const isLarge = size > maxBytes * aloneFrom;
      if (at > from && (isLarge || wasLarge || bytes + size > maxBytes)) {
        queue.push({ entry, index, from, to: at, bytes });
        from = at;
        bytes = 0;
      }
      bytes += size;
      wasLarge = isLarge;
    }
    if (from < records.length) queue.push({ entry, index, from, to: records.length, bytes });
    if (queue.length > 0) plan.set(key, queue);
  }
  return plan;
}

function plannedAs(written: WrittenBatch, entry: PlannedEntry, index: number): PlannedBatch {
  const { from, count, start, end } = written;
  return { entry, index, from, to: from + count, bytes: batchHeaderBytes + end - start, written };
}
