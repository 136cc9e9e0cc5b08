import { allocateBytes } from '@millrace/log-client';

/** So little may be kept for a part of it, such as Node's pool of small buffers. In bytes. */
const smallBytes = 16 << 10;

/**
 * Bytes to keep. A record's are a part of what was read of the log at once: one cold row would keep a
 * megabyte in memory.
 */
export function ownBytes(bytes: Uint8Array): Uint8Array {
  const { byteLength } = bytes.buffer;
  if (byteLength <= smallBytes || 2 * bytes.length >= byteLength) return bytes;
  // A third less than Buffer.from takes.
  const own = allocateBytes(bytes.length);
  own.set(bytes);
  return own;
}
