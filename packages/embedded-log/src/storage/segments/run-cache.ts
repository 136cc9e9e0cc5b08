import type { Run } from '../../format/run.ts';
import type { MemoryRun } from './memory-runs.ts';
import type { Segment } from './segment.ts';

interface Cached {
  readonly segment: Segment;
  readonly run: MemoryRun;
}

/** Runs that went straight to their segments, kept in memory for readers at the end; the oldest go first. */
export class RunCache {
  readonly #limit: number;
  readonly #cached: Cached[] = [];
  #first = 0;
  #bytes = 0;

  constructor(limit: number) {
    this.#limit = limit;
  }

  add(segment: Segment, run: Run, bytes: Buffer): void {
    this.#cached.push({ segment, run: segment.cache(run, bytes) });
    this.#bytes += bytes.length;
    while (this.#bytes > this.#limit) this.#dropOldest();
  }

  #dropOldest(): void {
    const { segment, run } = this.#cached[this.#first++]!;
    this.#bytes -= run.bytes.length;
    segment.memory.drop(run);
    if (this.#first < 1024) return;
    this.#cached.splice(0, this.#first);
    this.#first = 0;
  }
}
