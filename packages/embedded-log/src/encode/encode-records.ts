import {
  batchHeaderBytes,
  type BatchFields,
  type BatchMemory,
  type BatchSource,
  batchSource,
  type Compression,
  compressions,
  recordBytes,
  writeBatches,
  WrittenRecords,
} from '@millrace/kafka-protocol';
import {
  invalidTimestamp,
  LogError,
  type PartitionRecords,
  type RejectedRecord,
  type TopicPartition,
} from '@millrace/log-client';
import { batchFields } from '../format/batch-fields.ts';
import { batchLimits } from './record-list.ts';

const fieldsOf = Object.fromEntries(
  compressions.map((compression) => [compression, batchFields(0, { compression })]),
) as Record<Compression, BatchFields>;

/** How many records tell of the size of all of them. */
const mostLooks = 16;

/** Records of one partition that can be encoded, again if need be. */
export interface RecordSource extends TopicPartition {
  readonly records: BatchSource;
}

/** Records of one partition as batches, whose offsets the log sets. */
export interface EncodedRecords extends TopicPartition {
  readonly compression: Compression;
  /** Where its batches are in the bytes of the commit. */
  readonly from: number;
  readonly to: number;
  /** Its largest record. */
  readonly largest: RejectedRecord & { readonly bytes: number };
}

/** What a record may take, and the setting that says so. */
export interface RecordLimit {
  readonly bytes: number;
  readonly setting: string;
}

/** How records of a topic are encoded. */
export interface TopicEncoding {
  readonly compression: Compression;
  /** None where it is not known. */
  readonly limit?: RecordLimit;
}

/** A record by its place, and the bytes that it takes. */
export type LargeRecord = EncodedRecords['largest'] & TopicPartition;

export function tooLarge(record: LargeRecord, limit: RecordLimit): LogError {
  const { topic, partition, bytes, entry, index } = record;
  return new LogError(
    'LOG_TOO_LARGE',
    `A record of ${bytes} bytes for ${topic}-${partition} is over the limit of ${limit.bytes}: raise ${limit.setting}, or store the payload elsewhere`,
    { rejected: { entry, index } },
  );
}

export function batchSources(entries: readonly PartitionRecords[]): RecordSource[] {
  return entries.map(({ topic, partition, records }) => ({
    topic,
    partition,
    records: batchSource(records),
  }));
}

/** About what the batches of records take, in bytes: of many records some are looked at. */
export function expectedBytes(entries: readonly RecordSource[]): number {
  return entries.reduce((sum, { records }) => sum + expectedOf(records), 0);
}

function expectedOf(records: BatchSource): number {
  if (records instanceof WrittenRecords) return records.bytes;
  if (records.length === 0) return 0;
  const looks = Math.min(records.length, mostLooks);
  const step = records.length / looks;
  let seen = 0;
  for (let look = 0; look < looks; look++) seen += recordBytes(records[Math.floor(look * step)]!);
  const bytes = Math.ceil(seen * step);
  const batches = Math.ceil(bytes / batchLimits.bytes + records.length / batchLimits.records);
  return bytes + batches * batchHeaderBytes;
}

/** Writes the records of a commit as batches, one after the other from a place in some memory on. */
export function encodeRecords(
  memory: BatchMemory,
  start: number,
  sources: readonly RecordSource[],
  encodingOf: (topic: string) => TopicEncoding,
): EncodedRecords[] {
  let from = start;
  return sources.map((source, entry) => {
    const encoded = encodeEntry(memory, from, { ...source, entry }, encodingOf);
    from = encoded.to;
    return encoded;
  });
}

/**
 * Writes one entry of a commit as batches from a place in some memory on.
 * @throws LogError `LOG_INVALID_RECORD`, `LOG_TOO_LARGE`
 */
export function encodeEntry(
  memory: BatchMemory,
  from: number,
  { topic, partition, records, entry }: RecordSource & { readonly entry: number },
  encodingOf: (topic: string) => TopicEncoding,
): EncodedRecords {
  const { compression, limit } = encodingOf(topic);
  const { end, largestAt, largestBytes, refusedAt } = writeBatches(memory, from, records, {
    records: batchLimits.records,
    bytes: batchLimits.bytes,
    maxRecordBytes: limit?.bytes ?? Number.POSITIVE_INFINITY,
    fields: fieldsOf[compression],
  });
  const largest = { entry, index: largestAt, bytes: largestBytes };
  if (refusedAt === undefined) return { topic, partition, compression, from, to: end, largest };
  if (limit !== undefined && largestBytes > limit.bytes)
    throw tooLarge({ topic, partition, ...largest }, limit);
  const { timestamp } = [...records][refusedAt]!;
  throw invalidTimestamp(timestamp, { topic, partition, entry, index: refusedAt });
}
