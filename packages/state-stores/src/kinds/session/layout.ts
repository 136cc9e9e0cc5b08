import { asBuffer, type Bytes, bytesLength, copyBytes, readLong, writeLong } from '@millrace/log-client';
import type { KeyMemory } from '../../layers/key-memory.ts';

/**
 * A session's key in its changelog: | key | end i64, big-endian | start i64 |, as Kafka's SessionKeySchema.
 */
const suffixBytes = 16;

export function sessionKey(key: Bytes, start: number, end: number, memory: KeyMemory): Buffer {
  const bytes = memory(bytesLength(key) + suffixBytes);
  const at = copyBytes(key, bytes, 0);
  writeLong(bytes, end, at);
  writeLong(bytes, start, at + 8);
  return bytes;
}

export function parseSessionKey(bytes: Uint8Array): {
  readonly key: Uint8Array;
  readonly start: number;
  readonly end: number;
} {
  const at = bytes.length - suffixBytes;
  const buffer = asBuffer(bytes);
  return { key: bytes.subarray(0, at), end: readLong(buffer, at), start: readLong(buffer, at + 8) };
}
