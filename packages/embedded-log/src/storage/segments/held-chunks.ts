const mebibyte = 1 << 20;
/** What readers may read ahead, all together. */
const readAheadBytes = 32 * mebibyte;
const smallestChunk = 64 << 10;

/** Reads a segment, and holds what it has read but not given out. */
interface Holder {
  /** Lets go of it: it can be read again. */
  release(): void;
}

/**
 * What all readers of segments hold between two reads. Bounded: the one that has not been asked for longest
 * lets go first. Readers that stop in the middle of a segment say nothing.
 */
export class HeldChunks {
  /** Bytes, in the order of their last use. */
  readonly #held = new Map<Holder, number>();
  readonly #limit: number;
  #bytes = 0;

  constructor(limit = 64 * mebibyte) {
    this.#limit = limit;
  }

  /** How many segments are being read in chunks. */
  get count(): number {
    return this.#held.size;
  }

  /** How much to read at once: less where many segments are being read. */
  get chunkBytes(): number {
    const share = readAheadBytes / (2 * (this.count + 1));
    return Math.max(smallestChunk, Math.min(mebibyte, 2 ** Math.floor(Math.log2(share))));
  }

  /** Whether there is room for the chunk after the one that is read: not where very many are being read. */
  get readsAhead(): boolean {
    return 2 * this.count * smallestChunk <= readAheadBytes;
  }

  hold(holder: Holder, bytes: number): void {
    this.drop(holder);
    this.#held.set(holder, bytes);
    this.#bytes += bytes;
    for (const [other] of this.#held) {
      if (this.#bytes <= this.#limit || other === holder) return;
      other.release();
    }
  }

  used(holder: Holder): void {
    const bytes = this.#held.get(holder);
    if (bytes === undefined) return;
    this.#held.delete(holder);
    this.#held.set(holder, bytes);
  }

  drop(holder: Holder): void {
    this.#bytes -= this.#held.get(holder) ?? 0;
    this.#held.delete(holder);
  }
}
