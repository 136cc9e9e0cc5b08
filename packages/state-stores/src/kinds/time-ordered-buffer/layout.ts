import { allocateBytes, asBuffer, copyBytes, type Headers } from '@millrace/log-client';
import { decodeHeaders, encodeHeaders } from '../../layers/header-block.ts';

/*
 * A buffered change:
 *   | time f64 | timestamp f64 | lengths + 1 of new, old and prior value u32 each | headers u16 |
 *   | new | old | prior | header ... |
 * A length field of 0 stands for null.
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
  const size = (newValue?.length ?? 0) + (oldValue?.length ?? 0) + (priorValue?.length ?? 0);
  const bytes = allocateBytes(fixedBytes + size);
  bytes.writeDoubleBE(time, 0);
  bytes.writeDoubleBE(timestamp, 8);
  let at = writeValue(bytes, newValue, 16, fixedBytes);
  at = writeValue(bytes, oldValue, 20, at);
  writeValue(bytes, priorValue, 24, at);
  bytes.writeUInt16BE(headers.length, 28);
  return headers.length === 0 ? bytes : Buffer.concat([bytes, ...encodeHeaders(headers)]);
}

/** Writes a value and, at `lengthAt`, how long it is; returns where it ends. */
function writeValue(bytes: Buffer, value: Uint8Array | null, lengthAt: number, at: number): number {
  bytes.writeUInt32BE(value === null ? 0 : value.length + 1, lengthAt);
  return value === null ? at : copyBytes(value, bytes, at);
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
  const { headers } = decodeHeaders(bytes, at, bytes.readUInt16BE(28));
  return {
    time: bytes.readDoubleBE(0),
    timestamp: bytes.readDoubleBE(8),
    newValue,
    oldValue,
    priorValue,
    headers,
  };
}
