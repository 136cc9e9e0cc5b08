import { lastWhere } from '../../last-where.ts';

/** Batches of a segment that are in memory, at their place in the segment. */
export interface MemoryRun {
  readonly firstOffset: number;
  readonly count: number;
  readonly position: number;
  readonly bytes: Buffer;
  /** Whether the file has them too, so that they may go at any time. */
  readonly isStored: boolean;
}

/** The runs of one segment that are in memory, by position; offsets grow with it. */
export class MemoryRuns {
  #runs: MemoryRun[] = [];

  push(run: MemoryRun): void {
    this.#runs.push(run);
  }

  get all(): readonly MemoryRun[] {
    return this.#runs;
  }

  /** The place of the run that holds this offset; -1 where none does. */
  indexOfOffset(offset: number): number {
    const index = lastWhere(this.#runs, (run) => run.firstOffset <= offset);
    const run = this.#runs[index];
    return run !== undefined && offset < run.firstOffset + run.count ? index : -1;
  }

  /** The run with the byte at this position in the segment. */
  at(position: number): MemoryRun | undefined {
    const run = this.#runs[lastWhere(this.#runs, (one) => one.position <= position)];
    return run !== undefined && position < run.position + run.bytes.length ? run : undefined;
  }

  /** Where the next run after this position begins. */
  positionAfter(position: number): number | undefined {
    return this.#runs[lastWhere(this.#runs, (one) => one.position <= position) + 1]?.position;
  }

  /** Drops what a checkpoint has written out: the runs before this position that only memory held. */
  dropStoredBefore(position: number): void {
    if (this.#runs.length === 0) return;
    this.#runs = this.#runs.filter((run) => run.isStored || run.position >= position);
  }

  drop(run: MemoryRun): void {
    const index = lastWhere(this.#runs, (one) => one.position <= run.position);
    if (this.#runs[index] === run) this.#runs.splice(index, 1);
  }
}
