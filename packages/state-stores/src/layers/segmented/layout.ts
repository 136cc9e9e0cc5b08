import { asBuffer, readLong, writeLong } from '@millrace/log-client';

/*
 * A bucket: a key's windows or sessions of one time segment, in one value, so that each is a point read away.
 * What the two times are is for the view to say.
 *   bucket key:    | segment f64, big-endian | key |
 *   bucket value:  ( time f64 | second time f64 | length u32 | value ) ..., by time
 *   changelog key: | key | start i64, big-endian | sequence u32 |   as Kafka's WindowKeySchema
 */
const entryHeaderBytes = 20;
const windowSuffixBytes = 12;

interface StoredTimes {
  readonly time: number;
  readonly second: number;
}

export interface StoredEntry extends StoredTimes {
  readonly value: Uint8Array;
}

/** The first bytes of all bucket keys of a segment; they sort as the segments do. */
export function segmentPrefix(segment: number): Buffer {
  const bytes = Buffer.allocUnsafe(8);
  // Of non-negative doubles, the big-endian bytes sort as the numbers do.
  bytes.writeDoubleBE(Math.max(0, segment), 0);
  return bytes;
}

export function bucketKey(segment: number, key: Uint8Array): Buffer {
  const bytes = Buffer.allocUnsafe(8 + key.length);
  bytes.writeDoubleBE(Math.max(0, segment), 0);
  bytes.set(key, 8);
  return bytes;
}

export function keyOfBucket(bytes: Uint8Array): Uint8Array {
  return bytes.subarray(8);
}

/** Entries, whose values `encode` gives. */
export function encodeBucket<E extends StoredTimes>(
  entries: readonly E[],
  encode: (entry: E) => Uint8Array,
): Buffer {
  const values = entries.map(encode);
  let size = 0;
  for (const value of values) size += entryHeaderBytes + value.length;
  const bytes = Buffer.allocUnsafe(size);
  let at = 0;
  for (let index = 0; index < entries.length; index++) {
    const { time, second } = entries[index]!;
    const value = values[index]!;
    bytes.writeDoubleBE(time, at);
    bytes.writeDoubleBE(second, at + 8);
    bytes.writeUInt32BE(value.length, at + 16);
    bytes.set(value, at + entryHeaderBytes);
    at += entryHeaderBytes + value.length;
  }
  return bytes;
}

export function decodeBucket(source: Uint8Array): StoredEntry[] {
  const bytes = asBuffer(source);
  const entries: StoredEntry[] = [];
  for (let at = 0; at < bytes.length; ) {
    const valueAt = at + entryHeaderBytes;
    const end = valueAt + bytes.readUInt32BE(at + 16);
    entries.push({
      time: bytes.readDoubleBE(at),
      second: bytes.readDoubleBE(at + 8),
      value: bytes.subarray(valueAt, end),
    });
    at = end;
  }
  return entries;
}

/** `sequence` tells apart entries with the same key and start. */
export function windowKey(key: Uint8Array, start: number, sequence: number): Buffer {
  const bytes = Buffer.allocUnsafe(key.length + windowSuffixBytes);
  bytes.set(key);
  writeLong(bytes, start, key.length);
  bytes.writeUInt32BE(sequence, key.length + 8);
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
