import type { BatchMemory } from '@millrace/kafka-protocol';
import { LogError } from '@millrace/log-client';

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
  readonly #maxTransactionBytes: number;

  constructor(maxTransactionBytes: number) {
    this.#maxTransactionBytes = maxTransactionBytes;
  }

  /** All commits that it was used for are written. */
  reset(): void {
    this.at = 0;
    const { length } = this.bytes;
    if (!this.#isRead && length <= mostKept) return;
    this.#isRead = false;
    this.bytes = Buffer.allocUnsafeSlow(Math.min(length, mostKept));
  }

  /**
   * Makes room for `more` bytes after `used`, which is {@link at} or after it.
   * @throws LogError `LOG_TOO_LARGE` where the commit is
   */
  reserve(used: number, more: number): Buffer {
    const before = this.bytes;
    if (used + more <= before.length) return before;
    this.assertSmallEnough(used - this.at);
    // The commits before this one stay where they are; this one begins at the same place.
    this.bytes = Buffer.allocUnsafeSlow(Math.max(2 * before.length, used + more));
    before.copy(this.bytes, this.at, this.at, used);
    return this.bytes;
  }

  /** @throws LogError `LOG_TOO_LARGE` for a commit of so many bytes, or more */
  assertSmallEnough(bytes: number): void {
    if (bytes <= this.#maxTransactionBytes) return;
    throw new LogError(
      'LOG_TOO_LARGE',
      `A commit of ${bytes} bytes or more is over the limit of ${this.#maxTransactionBytes}: commit more often, or raise maxTransactionBytes`,
    );
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
