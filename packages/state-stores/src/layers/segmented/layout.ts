import {
  allocateBytes,
  asBuffer,
  type Bytes,
  bytesLength,
  copyBytes,
  type Headers,
  noHeaders,
  readLong,
  writeLong,
} from '@millrace/log-client';
import type { KeyMemory } from '../key-memory.ts';
import { decodeHeaders, encodeHeaders } from '../header-block.ts';

/*
 * A bucket: a key's windows or sessions of one time segment, in one value, so that each is a point read away.
 * What the two times are is for the view to say.
 *   bucket key:    | segment f64, big-endian | key |
 *   bucket value:  ( time f64 | second time f64 | length u32 | value ) ..., by time
 *                  With the length's highest bit set, | header count u16 | header ... | is before the value.
 *   changelog key: | key | start i64, big-endian | sequence u32 |   as Kafka's WindowKeySchema
 */
const entryHeaderBytes = 20;
const windowSuffixBytes = 12;
const headersFlag = 0x8000_0000;
const headerCountBytes = 2;

interface StoredTimes {
  readonly time: number;
  readonly second: number;
}

export interface StoredEntry extends StoredTimes {
  readonly value: Uint8Array;
  readonly headers: Headers;
}

/** The first bytes of all bucket keys of a segment; they sort as the segments do. */
export function segmentPrefix(segment: number): Buffer {
  const bytes = allocateBytes(8);
  // Of non-negative doubles, the big-endian bytes sort as the numbers do.
  bytes.writeDoubleBE(Math.max(0, segment), 0);
  return bytes;
}

export function bucketKey(segment: number, key: Bytes): Buffer {
  const bytes = allocateBytes(8 + bytesLength(key));
  bytes.writeDoubleBE(Math.max(0, segment), 0);
  copyBytes(key, bytes, 8);
  return bytes;
}

export function keyOfBucket(bytes: Uint8Array): Uint8Array {
  return bytes.subarray(8);
}

/** Entries, whose values `encode` gives, and `headersOf` their headers. */
export function encodeBucket<E extends StoredTimes>(
  entries: readonly E[],
  encode: (entry: E) => Uint8Array,
  headersOf: (entry: E) => Headers,
): Buffer {
  const values: Uint8Array[] = [];
  let size = 0;
  for (const entry of entries) {
    const value = withHeaders(headersOf(entry), encode(entry));
    values.push(value);
    size += entryHeaderBytes + value.length;
  }
  const bytes = allocateBytes(size);
  let at = 0;
  for (let index = 0; index < entries.length; index++) {
    const { time, second } = entries[index]!;
    const value = values[index]!;
    bytes.writeDoubleBE(time, at);
    bytes.writeDoubleBE(second, at + 8);
    const hasHeaders = headersOf(entries[index]!).length > 0;
    bytes.writeUInt32BE(hasHeaders ? value.length + headersFlag : value.length, at + 16);
    at = copyBytes(value, bytes, at + entryHeaderBytes);
  }
  return bytes;
}

function withHeaders(headers: Headers, value: Uint8Array): Uint8Array {
  if (headers.length === 0) return value;
  const count = allocateBytes(headerCountBytes);
  count.writeUInt16BE(headers.length);
  return Buffer.concat([count, ...encodeHeaders(headers), value]);
}

export function decodeBucket(source: Uint8Array): StoredEntry[] {
  const bytes = asBuffer(source);
  const entries: StoredEntry[] = [];
  for (let at = 0; at < bytes.length; ) {
    let valueAt = at + entryHeaderBytes;
    const length = bytes.readUInt32BE(at + 16);
    const hasHeaders = length >= headersFlag;
    const end = valueAt + (hasHeaders ? length - headersFlag : length);
    let headers = noHeaders;
    if (hasHeaders) {
      const decoded = decodeHeaders(bytes, valueAt + headerCountBytes, bytes.readUInt16BE(valueAt));
      ({ headers } = decoded);
      valueAt = decoded.end;
    }
    entries.push({
      time: bytes.readDoubleBE(at),
      second: bytes.readDoubleBE(at + 8),
      value: bytes.subarray(valueAt, end),
      headers,
    });
    at = end;
  }
  return entries;
}

/** `sequence` tells apart entries with the same key and start. */
export function windowKey(key: Bytes, start: number, sequence: number, memory: KeyMemory): Buffer {
  const bytes = memory(bytesLength(key) + windowSuffixBytes);
  const at = copyBytes(key, bytes, 0);
  writeLong(bytes, start, at);
  bytes.writeUInt32BE(sequence, at + 8);
  return bytes;
}

export function parseWindowKey(bytes: Uint8Array): {
  readonly key: Uint8Array;
  readonly start: number;
  readonly sequence: number;
} {
  const at = bytes.length - windowSuffixBytes;
  const buffer = asBuffer(bytes);
  return {
    key: bytes.subarray(0, at),
    start: readLong(buffer, at),
    sequence: buffer.readUInt32BE(at + 8),
  };
}
