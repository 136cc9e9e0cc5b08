import type { Run } from '../../format/run.ts';
import type { MemoryRun } from './memory-runs.ts';
import type { Segment } from './segment.ts';

interface Cached {
  readonly segment: Segment;
  readonly run: MemoryRun;
  /** The memory that goes with it and the next ones; none where it shares that of the one before. */
  readonly bytes: number;
}

/** Runs that went straight to their segments, kept in memory for readers at the end; the oldest go first. */
export class RunCache {
  readonly #limit: number;
  readonly #cached: (Cached | undefined)[] = [];
  #first = 0;
  #bytes = 0;
  /** Runs of one commit share memory, which may be larger than they are. */
  #lastMemory: ArrayBufferLike | undefined;

  constructor(limit: number) {
    this.#limit = limit;
  }

  add(segment: Segment, run: Run, bytes: Buffer): void {
    const { buffer } = bytes;
    const more = buffer === this.#lastMemory ? 0 : buffer.byteLength;
    this.#lastMemory = buffer;
    this.#cached.push({ segment, run: segment.cache(run, bytes), bytes: more });
    this.#bytes += more;
    while (this.#bytes > this.#limit) this.#dropOldest();
  }

  /** The oldest run, and those that share its memory. */
  #dropOldest(): void {
    do {
      const { segment, run, bytes } = this.#cached[this.#first]!;
      // The place stays a while; what was in it would stay in memory as long.
      this.#cached[this.#first++] = undefined;
      this.#bytes -= bytes;
      segment.memory.drop(run);
    } while (this.#cached[this.#first]?.bytes === 0);
    if (this.#first === this.#cached.length) this.#lastMemory = undefined;
    if (this.#first < 1024) return;
    this.#cached.splice(0, this.#first);
    this.#first = 0;
  }
}
