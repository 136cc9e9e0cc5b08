import { LogError, type ProducerRecord, writeLong } from '@millrace/log-client';
import { type Compression, compress, compressions } from '../compression/compression.ts';
import {
  batchAt,
  batchHeaderBytes,
  logAppendTimeFlag,
  transactionalFlag,
  writeBatchChecksum,
} from './layout.ts';
import { type BatchMemory, GrowingMemory } from './batch-memory.ts';
import {
  bytesPerUnit,
  leastRecordBytes,
  plainLength,
  recordBytes,
  recordOverhead,
  writeAnyRecord,
  writePlainRecord,
} from './write-record.ts';
import { smallVarintEnd } from './varint.ts';

/** The fields of a batch that its records do not determine. */
export interface BatchFields {
  readonly baseOffset: number;
  /** -1 where none is known. */
  readonly leaderEpoch: number;
  /** -1 for a producer without an id. */
  readonly producerId: number;
  readonly producerEpoch: number;
  /** The number of the first record among those of this producer in this partition; -1 for none. */
  readonly baseSequence: number;
  readonly transactional: boolean;
  readonly compression: Compression;
  /** The time of all records, where the log sets it; undefined where each has its producer's. */
  readonly appendTime?: number | undefined;
}

/** Records `from` to `to` of a list. */
export interface RecordRange {
  readonly records: readonly ProducerRecord[];
  readonly from: number;
  readonly to: number;
}

/** When a batch is full. */
export interface BatchLimits {
  /** A batch has at most so many records. */
  readonly records: number;
  /** A batch has about so many bytes, but for a record that is larger alone. */
  readonly bytes: number;
}

export interface RecordLimits extends BatchLimits {
  readonly maxRecordBytes: number;
}

/** Records that stand in a batch whose header has still to be written. */
export interface UnfinishedBatch {
  readonly start: number;
  /** Where the last record ends. */
  readonly end: number;
  /** The first record's timestamp, which those of the others are relative to. */
  readonly base: number;
  readonly maxTimestamp: number;
  readonly count: number;
}

/** What has been written of some records, and the largest of them. */
export interface WrittenRange extends UnfinishedBatch {
  readonly largestAt: number;
  readonly largestBytes: number;
}

/**
 * Writes records into a batch at `start`, as many as go into one: up to a record whose timestamp is no whole
 * number, or that is larger than `maxRecordBytes`, which is the largest then.
 */
export function writeRecords(
  memory: BatchMemory,
  start: number,
  { records, from, to }: RecordRange,
  limits: RecordLimits,
): WrittenRange {
  const last = Math.min(to, from + limits.records);
  const full = start + limits.bytes;
  const base = records[from]!.timestamp;
  let target = memory.bytes;
  let end = start + batchHeaderBytes;
  let maxTimestamp = base;
  let largestAt = from;
  let largestBytes = 0;
  let index = from;
  for (; index < last; index++) {
    const record = records[index]!;
    const { timestamp } = record;
    if (!Number.isSafeInteger(timestamp)) break;
    const timestampDelta = timestamp - base;
    const offsetDelta = index - from;
    const keyLength = plainLength(record.key);
    const valueLength = plainLength(record.value);
    const isPlain =
      record.headers.length === 0 &&
      timestampDelta >= 0 &&
      timestampDelta < smallVarintEnd &&
      offsetDelta < smallVarintEnd &&
      keyLength < smallVarintEnd &&
      valueLength < smallVarintEnd;
    let next: number;
    if (isPlain) {
      const most = recordOverhead + keyLength + valueLength;
      if (end + most > full && index > from) break;
      if (end + most > target.length) target = memory.reserve(end, most);
      next = writePlainRecord(target, end, record, keyLength, valueLength, timestampDelta, offsetDelta);
    } else {
      const least = leastRecordBytes(record);
      if (end + least > full && index > from) break;
      if (end + bytesPerUnit * least > target.length) target = memory.reserve(end, recordBytes(record));
      next = writeAnyRecord(target, end, record, timestampDelta, offsetDelta);
    }
    if (next - end > largestBytes) {
      largestAt = index;
      largestBytes = next - end;
      if (largestBytes > limits.maxRecordBytes) break;
    }
    end = next;
    if (timestamp > maxTimestamp) maxTimestamp = timestamp;
  }
  return { start, end, base, maxTimestamp, count: index - from, largestAt, largestBytes };
}

/** Compresses the records of a batch where that is wanted, and writes its header. Returns where it ends. */
export function finishBatch(
  target: Buffer,
  { start, end: recordsEnd, base, maxTimestamp, count }: UnfinishedBatch,
  fields: BatchFields,
): number {
  const end =
    fields.compression === 'none'
      ? recordsEnd
      : compressInPlace(target, start + batchHeaderBytes, recordsEnd, fields.compression);
  const { appendTime } = fields;
  const attributes =
    compressions.indexOf(fields.compression) |
    (fields.transactional ? transactionalFlag : 0) |
    (appendTime === undefined ? 0 : logAppendTimeFlag);
  writeLong(target, fields.baseOffset, start);
  target.writeInt32BE(end - start - batchAt.leaderEpoch, start + batchAt.length);
  target.writeInt32BE(fields.leaderEpoch, start + batchAt.leaderEpoch);
  target[start + batchAt.magic] = 2;
  target.writeInt16BE(attributes, start + batchAt.attributes);
  target.writeInt32BE(count - 1, start + batchAt.lastOffsetDelta);
  writeLong(target, base, start + batchAt.baseTimestamp);
  writeLong(target, appendTime ?? maxTimestamp, start + batchAt.maxTimestamp);
  writeLong(target, fields.producerId, start + batchAt.producerId);
  target.writeInt16BE(fields.producerEpoch, start + batchAt.producerEpoch);
  target.writeInt32BE(fields.baseSequence, start + batchAt.baseSequence);
  target.writeInt32BE(count, start + batchAt.count);
  writeBatchChecksum(target, start, end);
  return end;
}

/** What a codec makes of little or random data may be a little longer than the data. */
const compressionSlack = 128;

/** How many bytes more a compressed batch may need than its records. */
export function compressedBound(bytes: number): number {
  return compressionSlack + (bytes >> 4);
}

function compressInPlace(target: Buffer, start: number, end: number, compression: Compression): number {
  const compressed = compress(compression, target.subarray(start, end));
  target.set(compressed, start);
  return start + compressed.length;
}

const unlimited = {
  records: Number.POSITIVE_INFINITY,
  bytes: Number.POSITIVE_INFINITY,
  maxRecordBytes: Number.POSITIVE_INFINITY,
};

/**
 * Writes records of `bytes`, at least the sum of their `recordBytes`, as one batch of its own.
 * @throws LogError `LOG_INVALID_RECORD` for a timestamp that is no whole number
 */
export function writeBatch(range: RecordRange & { readonly bytes: number }, fields: BatchFields): Buffer {
  const { records, from, to, bytes } = range;
  const slack = fields.compression === 'none' ? 0 : compressedBound(bytes);
  const memory = new GrowingMemory(batchHeaderBytes + bytes + slack);
  const written = writeRecords(memory, 0, range, unlimited);
  if (written.count < to - from) throw invalidTime(records[from + written.count]!.timestamp);
  return memory.bytes.subarray(0, finishBatch(memory.bytes, written, fields));
}

/** A record's timestamp is no whole number. */
export function invalidTime(timestamp: number): LogError {
  return new LogError(
    'LOG_INVALID_RECORD',
    `A record has the timestamp ${String(timestamp)}: whole milliseconds since the epoch expected`,
  );
}
