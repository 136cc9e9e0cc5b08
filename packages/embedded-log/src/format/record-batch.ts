import { crc32 } from 'node:zlib';
import {
  type Bytes,
  copyBytes,
  type Header,
  type Headers,
  LogError,
  type LogRecord,
  noHeaders,
  type ProducerRecord,
} from '@millrace/log-client';

/*
 * A batch: consecutive records of one partition, the unit of checksums. All numbers are little-endian.
 *
 *   0        4        8                 16       20                28
 *   +--------+--------+-----------------+--------+-----------------+------------------
 *   | length | crc32  | base offset f64 | count  | max timestamp   | records ...
 *   +--------+--------+-----------------+--------+-----------------+------------------
 *     bytes    of all
 *     after    bytes after the crc
 *     length
 *
 * A record:
 *   | key length + 1 u32 | value length + 1 u32 | timestamp f64 | headers u16 | key | value | header ... |
 * A header:
 *   | key length u16 | value length + 1 u32 | key | value |
 * A length field of 0 stands for null.
 */
export const batchHeaderBytes = 28;
const recordHeaderBytes = 18;
/** Records go into batches of at most this many, so that a reader can start near any offset. */
export const maxBatchRecords = 1024;

function headersBytes(record: ProducerRecord): number {
  let size = 0;
  for (const { key, value } of record.headers) size += 6 + Buffer.byteLength(key) + (value?.length ?? 0);
  return size;
}

function bytesOf(bytes: Bytes | null): number {
  if (bytes === null) return 0;
  return typeof bytes === 'string' ? Buffer.byteLength(bytes, 'utf8') : bytes.length;
}

/** The bytes a record takes inside a batch. */
export function recordBytes(record: ProducerRecord): number {
  const size = recordHeaderBytes + bytesOf(record.key) + bytesOf(record.value);
  return record.headers.length === 0 ? size : size + headersBytes(record);
}

function writeHeaders(headers: readonly Header[], target: Buffer, view: DataView, start: number): number {
  let at = start;
  for (const { key, value } of headers) {
    const keyLength = target.write(key, at + 6, 'utf8');
    view.setUint16(at, keyLength, true);
    view.setUint32(at + 2, value === null ? 0 : value.length + 1, true);
    at += 6 + keyLength;
    if (value !== null) at = copyBytes(value, target, at);
  }
  return at;
}

/** Where batches are written: one buffer, and a view of the same bytes. */
export interface BatchTarget {
  readonly bytes: Buffer;
  readonly view: DataView;
}

/** Records `from` to `to` of a list, the first of which gets offset `baseOffset`. */
export interface BatchRecords {
  readonly records: readonly ProducerRecord[];
  readonly from: number;
  readonly to: number;
  readonly baseOffset: number;
}

/** Writes records as one batch at `start` of the target; returns where it ends. */
export function writeBatch(
  { records, from, to, baseOffset }: BatchRecords,
  { bytes: target, view }: BatchTarget,
  start: number,
): number {
  let at = start + batchHeaderBytes;
  let maxTimestamp = -1;
  for (let index = from; index < to; index++) {
    const { key, value, timestamp, headers } = records[index]!;
    const keyAt = at + recordHeaderBytes;
    const valueAt = key === null ? keyAt : copyBytes(key, target, keyAt);
    const end = value === null ? valueAt : copyBytes(value, target, valueAt);
    view.setUint32(at, key === null ? 0 : valueAt - keyAt + 1, true);
    view.setUint32(at + 4, value === null ? 0 : end - valueAt + 1, true);
    view.setFloat64(at + 8, timestamp, true);
    view.setUint16(at + 16, headers.length, true);
    at = end;
    if (headers.length > 0) at = writeHeaders(headers, target, view, at);
    if (timestamp > maxTimestamp) maxTimestamp = timestamp;
  }
  view.setUint32(start, at - start - 4, true);
  view.setFloat64(start + 8, baseOffset, true);
  view.setUint32(start + 16, to - from, true);
  view.setFloat64(start + 20, maxTimestamp, true);
  view.setUint32(start + 4, crc32(target.subarray(start + 8, at)), true);
  return at;
}

export interface BatchHeader {
  /** Bytes of the whole batch, its length field included. */
  readonly size: number;
  readonly baseOffset: number;
  readonly count: number;
}

/** Reads the fixed part of a batch; needs {@link batchHeaderBytes} bytes at `at`. */
export function readBatchHeader(source: Buffer, at: number): BatchHeader {
  return {
    size: source.readUInt32LE(at) + 4,
    baseOffset: source.readDoubleLE(at + 8),
    count: source.readUInt32LE(at + 16),
  };
}

/** Whether the bytes of a batch are as they were written. */
export function batchIsIntact(source: Buffer, at: number, size: number): boolean {
  return (
    size >= batchHeaderBytes && source.readUInt32LE(at + 4) === crc32(source.subarray(at + 8, at + size))
  );
}

/** A record inside a batch. Its key and value are views of the batch, made only when they are asked for. */
class StoredRecord implements LogRecord {
  // One for every record read: plain fields are set faster than #private ones.
  readonly timestamp: number;
  readonly headers: Headers;
  readonly offset: number;
  private readonly source: Buffer;
  private readonly keyAt: number;
  /** Negative for a null key. */
  private readonly keyLength: number;
  private readonly valueLength: number;

  // oxlint-disable-next-line eslint/max-params -- One per record: no options object.
  constructor(
    source: Buffer,
    keyAt: number,
    keyLength: number,
    valueLength: number,
    timestamp: number,
    headers: Headers,
    offset: number,
  ) {
    this.source = source;
    this.keyAt = keyAt;
    this.keyLength = keyLength;
    this.valueLength = valueLength;
    this.timestamp = timestamp;
    this.headers = headers;
    this.offset = offset;
  }

  get key(): Uint8Array | null {
    if (this.keyLength < 0) return null;
    return this.source.subarray(this.keyAt, this.keyAt + this.keyLength);
  }

  get value(): Uint8Array | null {
    if (this.valueLength < 0) return null;
    const start = this.keyAt + Math.max(0, this.keyLength);
    return this.source.subarray(start, start + this.valueLength);
  }

  keyText(): string | null {
    if (this.keyLength < 0) return null;
    return this.source.toString('utf8', this.keyAt, this.keyAt + this.keyLength);
  }

  valueText(): string | null {
    if (this.valueLength < 0) return null;
    const start = this.keyAt + Math.max(0, this.keyLength);
    return this.source.toString('utf8', start, start + this.valueLength);
  }
}

function readHeaders(source: Buffer, start: number, count: number): { headers: Header[]; end: number } {
  const headers: Header[] = [];
  let at = start;
  for (let index = 0; index < count; index++) {
    const keyEnd = at + 6 + source.readUInt16LE(at);
    const valueLength = source.readUInt32LE(at + 2) - 1;
    const end = valueLength < 0 ? keyEnd : keyEnd + valueLength;
    headers.push({
      key: source.toString('utf8', at + 6, keyEnd),
      value: valueLength < 0 ? null : source.subarray(keyEnd, end),
    });
    at = end;
  }
  return { headers, end: at };
}

/**
 * Appends the records of a batch, from offset `from` on, to `into`. Keys and values are views of `source`.
 */
export function readBatch(source: Buffer, start: number, from: number, into: LogRecord[]): void {
  const { size, baseOffset, count } = readBatchHeader(source, start);
  const view = new DataView(source.buffer, source.byteOffset, source.length);
  const end = start + size;
  let at = start + batchHeaderBytes;
  for (let index = 0; index < count; index++) {
    const keyLength = view.getUint32(at, true) - 1;
    const valueLength = view.getUint32(at + 4, true) - 1;
    const timestamp = view.getFloat64(at + 8, true);
    const headerCount = view.getUint16(at + 16, true);
    const keyStart = at + recordHeaderBytes;
    const valueStart = keyLength < 0 ? keyStart : keyStart + keyLength;
    let next = valueLength < 0 ? valueStart : valueStart + valueLength;
    let headers = noHeaders;
    if (headerCount > 0) ({ headers, end: next } = readHeaders(source, next, headerCount));
    if (next > end)
      throw new LogError('LOG_CORRUPT', `A record at offset ${baseOffset + index} runs past its batch`);
    if (baseOffset + index >= from) {
      into.push(
        new StoredRecord(source, keyStart, keyLength, valueLength, timestamp, headers, baseOffset + index),
      );
    }
    at = next;
  }
}
