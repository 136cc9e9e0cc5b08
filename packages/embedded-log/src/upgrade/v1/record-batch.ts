import { crc32 } from 'node:zlib';
import { type Header, LogError, noHeaders, type ProducerRecord } from '@millrace/log-client';

/*
 * A batch of format version 1. All numbers are little-endian.
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
export const batchHeaderBytesV1 = 28;
const recordHeaderBytes = 18;

export interface BatchHeaderV1 {
  /** Bytes of the whole batch, its length field included. */
  readonly size: number;
  readonly baseOffset: number;
  readonly count: number;
}

/** Reads the fixed part of a batch; needs {@link batchHeaderBytesV1} bytes at `at`. */
export function readBatchHeaderV1(source: Buffer, at: number): BatchHeaderV1 {
  return {
    size: source.readUInt32LE(at) + 4,
    baseOffset: source.readDoubleLE(at + 8),
    count: source.readUInt32LE(at + 16),
  };
}

/** Whether the bytes of a batch are as they were written. */
export function batchIsIntactV1(source: Buffer, at: number, size: number): boolean {
  return (
    size >= batchHeaderBytesV1 && source.readUInt32LE(at + 4) === crc32(source.subarray(at + 8, at + size))
  );
}

/** Bytes of a field, of which the length plus one was stored; null for a stored 0. */
function field(source: Buffer, at: number, lengthPlusOne: number): Buffer | null {
  return lengthPlusOne === 0 ? null : source.subarray(at, at + lengthPlusOne - 1);
}

function readHeaders(source: Buffer, start: number, count: number): { headers: Header[]; end: number } {
  const headers: Header[] = [];
  let at = start;
  for (let index = 0; index < count; index++) {
    const valueAt = at + 6 + source.readUInt16LE(at);
    const value = field(source, valueAt, source.readUInt32LE(at + 2));
    headers.push({ key: source.toString('utf8', at + 6, valueAt), value });
    at = valueAt + (value?.length ?? 0);
  }
  return { headers, end: at };
}

/** The records of the batch at `start`; keys and values are views of it. @throws LogError `LOG_CORRUPT` */
export function readBatchV1(source: Buffer, start: number): ProducerRecord[] {
  const { size, baseOffset, count } = readBatchHeaderV1(source, start);
  const records: ProducerRecord[] = [];
  let at = start + batchHeaderBytesV1;
  for (let index = 0; index < count; index++) {
    const key = field(source, at + recordHeaderBytes, source.readUInt32LE(at));
    const valueAt = at + recordHeaderBytes + (key?.length ?? 0);
    const value = field(source, valueAt, source.readUInt32LE(at + 4));
    const timestamp = source.readDoubleLE(at + 8);
    const headerCount = source.readUInt16LE(at + 16);
    let headers: readonly Header[] = noHeaders;
    at = valueAt + (value?.length ?? 0);
    if (headerCount > 0) ({ headers, end: at } = readHeaders(source, at, headerCount));
    if (at > start + size) {
      throw new LogError('LOG_CORRUPT', `A record at offset ${baseOffset + index} runs past its batch`);
    }
    records.push({ key, value, timestamp, headers });
  }
  return records;
}
