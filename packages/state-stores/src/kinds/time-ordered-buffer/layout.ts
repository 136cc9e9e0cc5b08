import { asBuffer, type Header, type Headers, noHeaders } from '@millrace/log-client';

/*
 * A buffered change:
 *   | time f64 | timestamp f64 | lengths + 1 of new, old and prior value u32 each | headers u16 |
 *   | new | old | prior | header ... |
 * A header: | key length u16 | value length + 1 u32 | key | value |. A length field of 0 stands for null.
 */
const fixedBytes = 30;

export interface StoredChange {
  readonly time: number;
  readonly timestamp: number;
  readonly newValue: Uint8Array | null;
  readonly oldValue: Uint8Array | null;
  /** What was there before the first change that waits. */
  readonly priorValue: Uint8Array | null;
  readonly headers: Headers;
}

export function encodeChange({
  time,
  timestamp,
  newValue,
  oldValue,
  priorValue,
  headers,
}: StoredChange): Buffer {
  const values = [newValue, oldValue, priorValue];
  const size = values.reduce((sum, value) => sum + (value?.length ?? 0), fixedBytes);
  const bytes = Buffer.allocUnsafe(size);
  bytes.writeDoubleBE(time, 0);
  bytes.writeDoubleBE(timestamp, 8);
  bytes.writeUInt16BE(headers.length, 28);
  let at = fixedBytes;
  for (const [index, value] of values.entries()) {
    bytes.writeUInt32BE(value === null ? 0 : value.length + 1, 16 + 4 * index);
    if (value === null) continue;
    bytes.set(value, at);
    at += value.length;
  }
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
  const priorValue = take(bytes.readUInt32BE(24));
  const count = bytes.readUInt16BE(28);
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
    priorValue,
    headers: count === 0 ? noHeaders : headers,
  };
}
