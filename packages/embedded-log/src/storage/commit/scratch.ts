const largestKept = 32 << 20;

/** Memory that large commits are encoded into, used again once they are written. */
export class Scratch {
  #buffer = Buffer.alloc(0);
  #used = 0;

  /** All that was taken is free again. */
  reset(): void {
    this.#used = 0;
  }

  /** Room of this size; with `reuse` only until the next {@link reset}. */
  take(size: number, { reuse }: { readonly reuse: boolean }): Buffer {
    if (!reuse || size > largestKept) return Buffer.allocUnsafeSlow(size);
    if (this.#used + size > this.#buffer.length) {
      // What was taken of the buffer before stays with those who have it.
      this.#buffer = Buffer.allocUnsafeSlow(Math.min(largestKept, 2 * Math.max(size, this.#buffer.length)));
      this.#used = 0;
    }
    const from = this.#used;
    this.#used += size;
    return this.#buffer.subarray(from, this.#used);
  }

  /** Whether these bytes will be written over. */
  isReused(bytes: Buffer): boolean {
    return bytes.buffer === this.#buffer.buffer;
  }
}
