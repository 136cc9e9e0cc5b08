import type { BatchMemory } from '@millrace/kafka-protocol';

/** How much is taken at once, and how much is kept for the next commits at most; in bytes. */
const leastTaken = 64 << 10;
const mostKept = 32 << 20;

/**
 * Memory that commits are encoded into, one after the other, used again once they are written. Places in it
 * count from the beginning of {@link bytes}.
 */
export class CommitMemory implements BatchMemory {
  bytes = Buffer.allocUnsafeSlow(leastTaken);
  /** Where the next commit begins. */
  at = 0;
  /** Readers go on using some of it. */
  #isRead = false;

  /** All commits that it was used for are written. */
  reset(): void {
    this.at = 0;
    const { length } = this.bytes;
    if (!this.#isRead && length <= mostKept) return;
    this.#isRead = false;
    this.bytes = Buffer.allocUnsafeSlow(Math.min(length, mostKept));
  }

  /** Makes room for `more` bytes after `used`, which is {@link at} or after it. */
  reserve(used: number, more: number): Buffer {
    const before = this.bytes;
    if (used + more <= before.length) return before;
    // The commits before this one stay where they are; this one begins at the same place.
    this.bytes = Buffer.allocUnsafeSlow(Math.max(2 * before.length, used + more));
    before.copy(this.bytes, this.at, this.at, used);
    return this.bytes;
  }

  /**
   * Bytes that readers go on using. They are copied where `readBytes`, what is read of their commit, is a
   * small part of the memory that would stay with them.
   */
  keep(bytes: Buffer, readBytes: number): Buffer {
    if (2 * readBytes < bytes.buffer.byteLength) {
      const copy = Buffer.allocUnsafeSlow(bytes.length);
      bytes.copy(copy);
      return copy;
    }
    this.#isRead ||= bytes.buffer === this.bytes.buffer;
    return bytes;
  }
}
