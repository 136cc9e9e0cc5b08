import { type ProducerRecord, writeLong } from '@millrace/log-client';
import { type Compression, compress, compressions } from '../compression/compression.ts';
import {
  batchAt,
  batchHeaderBytes,
  logAppendTimeFlag,
  transactionalFlag,
  writeBatchChecksum,
} from './layout.ts';
import { isPlain, writeAnyRecord, writePlainRecord } from './write-record.ts';

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

/**
 * Writes records as one batch at `start` of the target, which must have room for the header and the sum of
 * their `recordBytes`. Returns where the batch ends.
 */
export function writeBatchInto(
  target: Buffer,
  start: number,
  { records, from, to }: RecordRange,
  fields: BatchFields,
): number {
  const base = records[from]!.timestamp;
  let maxTimestamp = base;
  let end = start + batchHeaderBytes;
  for (let index = from; index < to; index++) {
    const record = records[index]!;
    const { timestamp } = record;
    if (timestamp > maxTimestamp) maxTimestamp = timestamp;
    const timestampDelta = timestamp - base;
    const offsetDelta = index - from;
    // As `writeRecord` does: a call of it takes 5 ns where the compiler keeps it a call.
    end = isPlain(record, timestampDelta, offsetDelta)
      ? writePlainRecord(target, end, record, timestampDelta, offsetDelta)
      : writeAnyRecord(target, end, record, timestampDelta, offsetDelta);
  }
  return finishBatch(target, { start, end, base, maxTimestamp, count: to - from }, fields);
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

/** Writes records of `bytes`, at least the sum of their `recordBytes`, as one batch of its own. */
export function writeBatch(range: RecordRange & { readonly bytes: number }, fields: BatchFields): Buffer {
  const slack = fields.compression === 'none' ? 0 : compressedBound(range.bytes);
  const target = Buffer.allocUnsafe(batchHeaderBytes + range.bytes + slack);
  return target.subarray(0, writeBatchInto(target, 0, range, fields));
}
