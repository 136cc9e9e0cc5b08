import { type Header, type Headers, noHeaders } from '@millrace/log-client';
import { asBuffer } from './timestamped-value.ts';

/*
 * A buffered change:
 *   | time f64 | timestamp f64 | new length + 1 u32 | old length + 1 u32 | headers u16 | new | old | header ... |
 * A header: | key length u16 | value length + 1 u32 | key | value |. A length field of 0 stands for null.
 */
const fixedBytes = 26;

export interface StoredChange {
  readonly time: number;
  readonly timestamp: number;
  readonly newValue: Uint8Array | null;
  readonly oldValue: Uint8Array | null;
  readonly headers: Headers;
}

export function encodeChange({ time, timestamp, newValue, oldValue, headers }: StoredChange): Buffer {
  const newBytes = newValue?.length ?? 0;
  const size = fixedBytes + newBytes + (oldValue?.length ?? 0);
  const bytes = Buffer.allocUnsafe(size);
  bytes.writeDoubleBE(time, 0);
  bytes.writeDoubleBE(timestamp, 8);
  bytes.writeUInt32BE(newValue === null ? 0 : newBytes + 1, 16);
  bytes.writeUInt32BE(oldValue === null ? 0 : oldValue.length + 1, 20);
  bytes.writeUInt16BE(headers.length, 24);
  if (newValue !== null) bytes.set(newValue, fixedBytes);
  if (oldValue !== null) bytes.set(oldValue, fixedBytes + newBytes);
  return headers.length === 0 ? bytes : Buffer.concat([bytes, ...headers.flatMap(encodeHeader)]);
}

function encodeHeader({ key, value }: Header): Uint8Array[] {
  const name = Buffer.from(key);
  const lengths = Buffer.alloc(6);
  lengths.writeUInt16BE(name.length, 0);
  lengths.writeUInt32BE(value === null ? 0 : value.length + 1, 2);
  return [lengths, name, value ?? Buffer.alloc(0)];
}

export function decodeChange(source: Uint8Array): StoredChange {
  const bytes = asBuffer(source);
  let at = fixedBytes;
  const take = (lengthPlusOne: number): Buffer | null => {
    if (lengthPlusOne === 0) return null;
    const piece = bytes.subarray(at, at + lengthPlusOne - 1);
    at += lengthPlusOne - 1;
    return piece;
  };
  const newValue = take(bytes.readUInt32BE(16));
  const oldValue = take(bytes.readUInt32BE(20));
  const count = bytes.readUInt16BE(24);
  const headers: Header[] = [];
  for (let index = 0; index < count; index++) {
    const [keyLength, valueLength] = [bytes.readUInt16BE(at), bytes.readUInt32BE(at + 2)];
    at += 6;
    const key = take(keyLength + 1)!.toString();
    headers.push({ key, value: take(valueLength) });
  }
  return {
    time: bytes.readDoubleBE(0),
    timestamp: bytes.readDoubleBE(8),
    newValue,
    oldValue,
    headers: count === 0 ? noHeaders : headers,
  };
}
