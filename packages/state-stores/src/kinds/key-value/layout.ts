import { asBuffer } from '@millrace/log-client';
/** A stored value: | timestamp f64, big-endian | value |. */
export const timestampBytes = 8;

export function encodeTimestamped(value: Uint8Array, timestamp: number): Buffer {
  const bytes = Buffer.allocUnsafe(timestampBytes + value.length);
  bytes.writeDoubleBE(timestamp, 0);
  bytes.set(value, timestampBytes);
  return bytes;
}

export function timestampOf(bytes: Uint8Array): number {
  return asBuffer(bytes).readDoubleBE(0);
}

export function valueOf(bytes: Uint8Array): Uint8Array {
  return bytes.subarray(timestampBytes);
}
