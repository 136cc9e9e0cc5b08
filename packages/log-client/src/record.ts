import type { Bytes } from './bytes.ts';
import { LogError, type RejectedRecord } from './errors.ts';
import type { TopicPartition } from './topic-partition.ts';

/** One header of a record. A record may carry several headers with the same key; their order is kept. */
export interface Header {
  readonly key: string;
  readonly value: Uint8Array | null;
}

export type Headers = readonly Header[];

/** The headers of a record that has none; shared, so that records without headers cost nothing. */
export const noHeaders: Headers = Object.freeze([]);

/**
 * A record on its way into a partition. `timestamp` is in milliseconds since the epoch. A null value is a
 * tombstone.
 */
export interface ProducerRecord {
  readonly key: Bytes | null;
  readonly value: Bytes | null;
  readonly timestamp: number;
  readonly headers: Headers;
}

/** A record read from a partition. Offsets are dense or sparse integers below 2^53. */
export interface LogRecord {
  readonly key: Uint8Array | null;
  readonly value: Uint8Array | null;
  readonly timestamp: number;
  readonly headers: Headers;
  readonly offset: number;
  /** The key read as UTF-8, where the log can do that without making a view of its bytes first. */
  keyText?(): string | null;
  /** The value read as UTF-8, likewise. */
  valueText?(): string | null;
}

/** Records in their order: an array, or a list that a log has made. */
export interface RecordSequence extends Iterable<ProducerRecord> {
  readonly length: number;
  /** What they take, about, where that is known. */
  readonly bytes?: number;
}

/** Records that more can be added to: an array, or a list that a log has made. */
export interface RecordList extends RecordSequence {
  /** What a record is made of may change once it has been added. Of one in an array it may not. */
  readonly copies?: true;
  push(record: ProducerRecord): unknown;
}

/** Records for one partition, in the order in which they are to be appended. */
export interface PartitionRecords {
  readonly topic: string;
  readonly partition: number;
  readonly records: RecordSequence;
}

/** Consecutive records of one partition, as `poll` hands them out. */
export interface RecordBatch {
  readonly topic: string;
  readonly partition: number;
  readonly records: readonly LogRecord[];
  /** Where the next poll of this partition continues: past the last record, and past gaps that hold none. */
  readonly nextOffset: number;
}

/**
 * What refuses a record whose timestamp is no whole number of milliseconds; callers check that themselves,
 * for each record.
 */
export function invalidTimestamp(
  timestamp: number,
  { topic, partition, ...rejected }: TopicPartition & RejectedRecord,
): LogError {
  return new LogError(
    'LOG_INVALID_RECORD',
    `A record for ${topic}-${partition} has the timestamp ${String(timestamp)}: whole milliseconds since the epoch expected`,
    { rejected },
  );
}
