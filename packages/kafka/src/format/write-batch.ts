import { crc32c } from '@node-rs/crc32';
import { type Bytes, copyBytes, type Headers, type ProducerRecord, writeLong } from '@millrace/log-client';
import { type Compression, compressions, compress } from './compression.ts';
import { batchAt, batchHeaderBytes, transactionalFlag } from './batch-layout.ts';
import { varintBytes, varlongBytes, writeVarint, writeVarlong } from './varint.ts';

/** What a record takes besides key, value and headers, at most. */
const recordOverhead = 32;

export interface BatchOptions {
  readonly compression: Compression;
  readonly producerId: number;
  readonly producerEpoch: number;
  /** The number of the first record among those of this producer in this partition. */
  readonly baseSequence: number;
  readonly transactional: boolean;
}

function length(bytes: Bytes | null): number {
  if (bytes === null) return 0;
  return typeof bytes === 'string' ? Buffer.byteLength(bytes, 'utf8') : bytes.length;
}

function headersBytes(headers: Headers): number {
  let size = varintBytes(headers.length);
  for (const { key, value } of headers) {
    const keyBytes = Buffer.byteLength(key, 'utf8');
    size += varintBytes(keyBytes) + keyBytes + varintBytes(value?.length ?? -1) + (value?.length ?? 0);
  }
  return size;
}

/** About the bytes that a record takes in a batch; never less. */
export function recordBytes({ key, value, headers }: ProducerRecord): number {
  return recordOverhead + length(key) + length(value) + (headers.length === 0 ? 0 : headersBytes(headers));
}

function writeBytes(target: Buffer, start: number, bytes: Bytes | null, size: number): number {
  if (bytes === null) return writeVarint(target, start, -1);
  const at = writeVarint(target, start, size);
  return copyBytes(bytes, target, at);
}

// oxlint-disable-next-line eslint/max-params -- Per record: no options object.
function writeRecord(
  target: Buffer,
  start: number,
  record: ProducerRecord,
  base: number,
  index: number,
): number {
  const { key, value, headers } = record;
  const delta = record.timestamp - base;
  const keyBytes = length(key);
  const valueBytes = length(value);
  const size =
    1 +
    varlongBytes(delta) +
    varintBytes(index) +
    varintBytes(key === null ? -1 : keyBytes) +
    keyBytes +
    varintBytes(value === null ? -1 : valueBytes) +
    valueBytes +
    (headers.length === 0 ? 1 : headersBytes(headers));
  let at = writeVarint(target, start, size);
  target[at++] = 0;
  at = writeVarlong(target, at, delta);
  at = writeVarint(target, at, index);
  at = writeBytes(target, at, key, keyBytes);
  at = writeBytes(target, at, value, valueBytes);
  at = writeVarint(target, at, headers.length);
  for (const header of headers) {
    at = writeBytes(target, at, header.key, Buffer.byteLength(header.key, 'utf8'));
    at = writeBytes(target, at, header.value, header.value?.length ?? 0);
  }
  return at;
}

/** Records `from` to `to` of a list. */
export interface BatchRecords {
  readonly records: readonly ProducerRecord[];
  readonly from: number;
  readonly to: number;
  /** At least the sum of their {@link recordBytes}. */
  readonly bytes: number;
}

/** Writes records as one batch. */
export function writeBatch(
  { records, from, to, bytes }: BatchRecords,
  { compression, producerId, producerEpoch, baseSequence, transactional }: BatchOptions,
): Buffer {
  let target = Buffer.allocUnsafe(batchHeaderBytes + bytes);
  const base = records[from]!.timestamp;
  let maxTimestamp = base;
  let end = batchHeaderBytes;
  for (let index = from; index < to; index++) {
    const record = records[index]!;
    if (record.timestamp > maxTimestamp) maxTimestamp = record.timestamp;
    end = writeRecord(target, end, record, base, index - from);
  }
  if (compression !== 'none') {
    const compressed = compress(compression, target.subarray(batchHeaderBytes, end));
    target = Buffer.concat([target.subarray(0, batchHeaderBytes), compressed]);
    end = target.length;
  }
  writeLong(target, 0, batchAt.baseOffset);
  target.writeInt32BE(end - batchAt.leaderEpoch, batchAt.length);
  target.writeInt32BE(-1, batchAt.leaderEpoch);
  target[batchAt.magic] = 2;
  const attributes = compressions.indexOf(compression) | (transactional ? transactionalFlag : 0);
  target.writeInt16BE(attributes, batchAt.attributes);
  target.writeInt32BE(to - from - 1, batchAt.lastOffsetDelta);
  writeLong(target, base, batchAt.baseTimestamp);
  writeLong(target, maxTimestamp, batchAt.maxTimestamp);
  writeLong(target, producerId, batchAt.producerId);
  target.writeInt16BE(producerEpoch, batchAt.producerEpoch);
  target.writeInt32BE(baseSequence, batchAt.baseSequence);
  target.writeInt32BE(to - from, batchAt.count);
  target.writeUInt32BE(crc32c(target.subarray(batchAt.attributes, end)), batchAt.crc);
  return target.subarray(0, end);
}
