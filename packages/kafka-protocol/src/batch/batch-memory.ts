/** Where batches are written to. More is taken as it is needed. */
export interface BatchMemory {
  /** What there is so far. */
  readonly bytes: Buffer;
  /**
   * Makes room for `more` bytes after the first `used`, which stay as they are. Returns {@link bytes}, which
   * may be other memory than before.
   */
  reserve(used: number, more: number): Buffer;
}

/** Memory that doubles where it is too small. */
export class GrowingMemory implements BatchMemory {
  bytes: Buffer;
  readonly #isOwn: boolean;

  /** With `own` it shares no `ArrayBuffer` with other buffers: it can be given to another thread. */
  constructor(size: number, { own = false }: { readonly own?: boolean } = {}) {
    this.#isOwn = own;
    this.bytes = this.#take(size);
  }

  reserve(used: number, more: number): Buffer {
    if (used + more > this.bytes.length) {
      const larger = this.#take(Math.max(2 * this.bytes.length, used + more));
      this.bytes.copy(larger, 0, 0, used);
      this.bytes = larger;
    }
    return this.bytes;
  }

  #take(size: number): Buffer {
    return this.#isOwn ? Buffer.allocUnsafeSlow(size) : Buffer.allocUnsafe(size);
  }
}
