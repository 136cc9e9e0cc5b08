import {
  type Bytes,
  bytesLength,
  copyView,
  type Headers,
  type ProducerRecord,
  textLength,
  writeLong,
  writeText,
} from '@millrace/log-client';
import { type Compression, compress, compressions } from '../compression/compression.ts';
import {
  batchAt,
  batchHeaderBytes,
  logAppendTimeFlag,
  transactionalFlag,
  writeBatchChecksum,
} from './layout.ts';
import { isVarint, varintBytes, writeVarint, writeVarlong } from './varint.ts';

/** What a record takes besides key, value and headers, at most. */
const recordOverhead = 32;
/** What is not a body of a record's fields, at least: attributes, deltas, lengths. */
const leastOverhead = 6;

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

export function headersBytes(headers: Headers): number {
  let size = varintBytes(headers.length);
  for (const { key, value } of headers) {
    const keyBytes = textLength(key);
    size += varintBytes(keyBytes) + keyBytes + varintBytes(value?.length ?? -1) + (value?.length ?? 0);
  }
  return size;
}

/** About the bytes that a record takes in a batch; never less. */
export function recordBytes({ key, value, headers }: ProducerRecord): number {
  return (
    recordOverhead +
    bytesLength(key) +
    bytesLength(value) +
    (headers.length === 0 ? 0 : headersBytes(headers))
  );
}

/** Writes a length and the bytes after it. A text is encoded where it goes. */
function writeField(target: Buffer, start: number, bytes: Bytes | null): number {
  if (bytes === null) {
    target[start] = 1;
    return start + 1;
  }
  if (typeof bytes !== 'string') return copyView(bytes, target, writeVarint(target, start, bytes.length));
  // UTF-8 takes a byte for each unit of text, or more: nearly always the length needs no more room.
  const room = varintBytes(bytes.length);
  const size = writeText(bytes, target, start + room) - start - room;
  const needed = varintBytes(size);
  if (needed !== room) target.copyWithin(start + needed, start + room, start + room + size);
  writeVarint(target, start, size);
  return start + needed + size;
}

/** Writes a length, and the bytes after it where there are any. */
function writeBytes(target: Buffer, start: number, bytes: Uint8Array | null, length: number): number {
  const at = writeVarint(target, start, length);
  return bytes === null ? at : copyView(bytes, target, at);
}

/** A record of bytes without headers. */
// oxlint-disable-next-line eslint/max-params -- Per record: no options object.
function writePlainRecord(
  target: Buffer,
  start: number,
  key: Uint8Array | null,
  value: Uint8Array | null,
  timestampDelta: number,
  offsetDelta: number,
): number {
  const keyLength = key === null ? -1 : key.length;
  const valueLength = value === null ? -1 : value.length;
  const body = start + varintBytes(leastOverhead + keyLength + valueLength);
  target[body] = 0;
  let at = writeVarint(target, body + 1, timestampDelta);
  at = writeVarint(target, at, offsetDelta);
  at = writeBytes(target, at, key, keyLength);
  at = writeBytes(target, at, value, valueLength);
  target[at] = 0;
  return writeSize(target, start, body, at + 1);
}

/**
 * Writes a record's length, which comes first and is known last: the body moves where the room that was left
 * for it is wrong. Returns where the record ends.
 */
function writeSize(target: Buffer, start: number, body: number, end: number): number {
  const size = end - body;
  const at = start + varintBytes(size);
  if (at !== body) target.copyWithin(at, body, end);
  writeVarint(target, start, size);
  return at + size;
}

/** Writes a record where the target has room for it; returns where it ends. */
// oxlint-disable-next-line eslint/max-params -- Per record: no options object.
export function writeRecord(
  target: Buffer,
  start: number,
  record: ProducerRecord,
  timestampDelta: number,
  offsetDelta: number,
): number {
  const { key, value, headers } = record;
  const isPlain = headers.length === 0 && typeof key !== 'string' && typeof value !== 'string';
  if (isPlain && isVarint(timestampDelta))
    return writePlainRecord(target, start, key, value, timestampDelta, offsetDelta);
  const body = start + varintBytes(leastOverhead + (key?.length ?? 0) + (value?.length ?? 0));
  target[body] = 0;
  let at = writeVarlong(target, body + 1, timestampDelta);
  at = writeVarint(target, at, offsetDelta);
  at = writeField(target, at, key);
  at = writeField(target, at, value);
  if (headers.length === 0) {
    target[at++] = 0;
  } else {
    at = writeVarint(target, at, headers.length);
    for (const header of headers) {
      at = writeField(target, at, header.key);
      at = writeField(target, at, header.value);
    }
  }
  return writeSize(target, start, body, at);
}

/**
 * Writes records as one batch at `start` of the target, which must have room for the header and the sum of
 * their {@link recordBytes}. Returns where the batch ends.
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
    end = writeRecord(target, end, record, timestamp - base, index - from);
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

/** Writes records of `bytes`, at least the sum of their {@link recordBytes}, as one batch of its own. */
export function writeBatch(range: RecordRange & { readonly bytes: number }, fields: BatchFields): Buffer {
  const slack = fields.compression === 'none' ? 0 : compressedBound(range.bytes);
  const target = Buffer.allocUnsafe(batchHeaderBytes + range.bytes + slack);
  return target.subarray(0, writeBatchInto(target, 0, range, fields));
}
