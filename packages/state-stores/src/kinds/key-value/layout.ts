import { allocateBytes, asBuffer, type Headers, noHeaders } from '@millrace/log-client';
import { decodeHeaders, encodeHeaders } from '../../layers/header-block.ts';

/*
 * A stored row: | timestamp f64 | value |, big-endian. A row with headers begins with a number that is no
 * timestamp: | -3 - timestamp f64 | headers u16 | header block | value |
 */
const timestampBytes = 8;
const blockAt = timestampBytes + 2;
/** Timestamps are -1 and more. */
const mirror = -3;

/** A row as it is stored. */
export interface StoredRow {
  readonly value: Uint8Array;
  readonly timestamp: number;
  readonly headers: Headers;
}

export function encodeRow({ value, timestamp, headers }: StoredRow): Buffer {
  if (headers.length > 0) return withHeaders(value, timestamp, headers);
  const bytes = allocateBytes(timestampBytes + value.length);
  bytes.writeDoubleBE(timestamp, 0);
  bytes.set(value, timestampBytes);
  return bytes;
}

function withHeaders(value: Uint8Array, timestamp: number, headers: Headers): Buffer {
  const start = Buffer.alloc(blockAt);
  start.writeDoubleBE(mirror - timestamp, 0);
  start.writeUInt16BE(headers.length, timestampBytes);
  return Buffer.concat([start, ...encodeHeaders(headers), value]);
}

export function decodeRow(stored: Uint8Array): StoredRow {
  const bytes = asBuffer(stored);
  const first = bytes.readDoubleBE(0);
  if (first >= -1) return { value: stored.subarray(timestampBytes), timestamp: first, headers: noHeaders };
  const { headers, end } = decodeHeaders(stored, blockAt, bytes.readUInt16BE(timestampBytes));
  return { value: stored.subarray(end), timestamp: mirror - first, headers };
}
