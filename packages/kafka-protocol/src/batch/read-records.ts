import { type Header, LogError, type LogRecord, noHeaders, ViewedBytes } from '@millrace/log-client';
import { StoredRecord } from './stored-record.ts';

/** Where a record is being read; one for each batch, not one for each number. */
class Cursor {
  readonly source: Buffer;
  at: number;

  constructor(source: Buffer, at: number) {
    this.source = source;
    this.at = at;
  }

  varint(): number {
    let byte = this.source[this.at++]!;
    if (byte < 0x80) return (byte >>> 1) ^ -(byte & 1);
    let value = byte & 0x7f;
    for (let shift = 7; ; shift += 7) {
      byte = this.source[this.at++]!;
      value |= (byte & 0x7f) << shift;
      if (!(byte >= 0x80)) return (value >>> 1) ^ -(value & 1);
    }
  }

  /** A 64-bit varint, exact up to 2^53. */
  varlong(): number {
    const start = this.at;
    let end = start;
    while (this.source[end]! >= 0x80) end++;
    if (end - start < 4) return this.varint();
    let value = 0n;
    for (let at = end; at >= start; at--) value = (value << 7n) | BigInt(this.source[at]! & 0x7f);
    this.at = end + 1;
    return Number((value & 1n) === 0n ? value >> 1n : -((value + 1n) >> 1n));
  }
}

function readHeaders(cursor: Cursor, count: number): Header[] {
  const { source } = cursor;
  const headers: Header[] = [];
  for (let index = 0; index < count; index++) {
    const keyEnd = cursor.varint() + cursor.at;
    const key = source.toString('utf8', cursor.at, keyEnd);
    cursor.at = keyEnd;
    const length = cursor.varint();
    const end = cursor.at + Math.max(0, length);
    headers.push({ key, value: length < 0 ? null : source.subarray(cursor.at, end) });
    cursor.at = end;
  }
  return headers;
}

export interface RecordsOfBatch {
  readonly source: Buffer;
  /** Where in the source the first record is. */
  readonly start: number;
  /** Where the last one must end. */
  readonly end: number;
  readonly count: number;
  readonly baseOffset: number;
  readonly baseTimestamp: number;
  /** The time of all records, where the broker set it. */
  readonly appendTime: number | undefined;
}

/**
 * Appends the records, from offset `from` on, to `into`. Keys and values are views of the source. @throws
 * LogError `LOG_CORRUPT`
 */
export function readRecords(
  { source, start, end: batchEnd, count, baseOffset, baseTimestamp, appendTime }: RecordsOfBatch,
  from: number,
  into: LogRecord[],
): void {
  const cursor = new Cursor(source, start);
  const viewed = new ViewedBytes(source);
  for (let index = 0; index < count; index++) {
    const end = cursor.varint() + cursor.at;
    if (!(end <= batchEnd) || end <= cursor.at) {
      throw new LogError('LOG_CORRUPT', `A record of the batch at offset ${baseOffset} runs past its end`);
    }
    cursor.at++;
    const delta = cursor.varlong();
    const offset = baseOffset + cursor.varint();
    const keyLength = cursor.varint();
    const keyAt = cursor.at;
    if (keyLength > 0) cursor.at += keyLength;
    const valueLength = cursor.varint();
    const valueAt = cursor.at;
    if (valueLength > 0) cursor.at += valueLength;
    const headerCount = cursor.varint();
    if (offset >= from) {
      const headers = headerCount > 0 ? readHeaders(cursor, headerCount) : noHeaders;
      if (cursor.at !== end) throw notFilled(baseOffset);
      const timestamp = appendTime ?? baseTimestamp + delta;
      into.push(new StoredRecord(viewed, keyAt, keyLength, valueAt, valueLength, timestamp, headers, offset));
    }
    cursor.at = end;
  }
}

/** A length inside a record that is wrong would read the bytes of another one. */
function notFilled(baseOffset: number): LogError {
  return new LogError(
    'LOG_CORRUPT',
    `A record of the batch at offset ${baseOffset} is not as long as its fields are`,
  );
}
