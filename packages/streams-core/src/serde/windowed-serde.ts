import type { Serde } from '@millrace/log-client';
import type { Windowed } from '../record.ts';

/**
 * Windowed keys as Kafka's TimeWindowedSerializer writes them: the key, then the window's start as 8 bytes. The size is
 * not written; a reader has to know it. In milliseconds.
 */
export function timeWindowed<K>(key: Serde<K>, sizeMs: number): Serde<Windowed<K>> {
  return {
    serialize({ key: inner, window }) {
      const bytes = key.serialize(inner);
      const windowed = Buffer.allocUnsafe(bytes.length + 8);
      windowed.set(bytes);
      windowed.writeBigInt64BE(BigInt(window.start), bytes.length);
      return windowed;
    },
    deserialize(bytes) {
      const at = bytes.length - 8;
      const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
      const start = Number(buffer.readBigInt64BE(at));
      return { key: key.deserialize(bytes.subarray(0, at)), window: { start, end: start + sizeMs } };
    },
  };
}
