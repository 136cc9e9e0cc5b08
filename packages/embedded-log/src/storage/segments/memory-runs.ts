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

/** Runs up to this size are joined with the one before, up to that size. In bytes. */
const smallRun = 2 << 10;
const largestJoined = 16 << 10;
const leastMemory = 1 << 10;

/**
 * Small runs one after the other, in memory of their own. Each alone would keep the memory of its commit, and
 * thousands of them a second would keep the garbage collector busy.
 */
class JoinedRun implements MemoryRun {
  readonly firstOffset: number;
  count: number;
  readonly position: number;
  bytes: Buffer;
  readonly isStored = false;
  #memory: Buffer;

  constructor({ firstOffset, count, position, bytes }: MemoryRun) {
    this.firstOffset = firstOffset;
    this.count = count;
    this.position = position;
    this.#memory = Buffer.allocUnsafeSlow(Math.max(leastMemory, 2 * bytes.length));
    this.bytes = this.#memory.subarray(0, bytes.copy(this.#memory));
  }

  /** Takes in the run after it. What readers have of its bytes stays as it is. */
  add({ count, bytes }: MemoryRun): void {
    const { length } = this.bytes;
    const end = length + bytes.length;
    if (end > this.#memory.length) {
      const larger = Buffer.allocUnsafeSlow(Math.min(largestJoined, Math.max(2 * this.#memory.length, end)));
      this.bytes.copy(larger);
      this.#memory = larger;
    }
    bytes.copy(this.#memory, length);
    this.bytes = this.#memory.subarray(0, end);
    this.count += count;
  }
}

/** The runs of one segment that are in memory, by position; offsets grow with it. */
export class MemoryRuns {
  #runs: MemoryRun[] = [];
  /** The last one, where a small one after it may be joined with it. */
  #open: MemoryRun | undefined;

  push(run: MemoryRun): void {
    if (this.#join(run)) return;
    this.#runs.push(run);
    this.#open = run.isStored || run.bytes.length > smallRun ? undefined : run;
  }

  #join(run: MemoryRun): boolean {
    const open = this.#open;
    const { length } = run.bytes;
    if (open === undefined || run.isStored || length > smallRun) return false;
    const follows = open.position + open.bytes.length === run.position;
    if (!follows || open.firstOffset + open.count !== run.firstOffset) return false;
    if (open.bytes.length + length > largestJoined) return false;
    const joined = open instanceof JoinedRun ? open : new JoinedRun(open);
    joined.add(run);
    this.#runs[this.#runs.length - 1] = joined;
    this.#open = joined;
    return true;
  }

  /** What is there stays as it is: later runs are not joined with it. */
  seal(): void {
    this.#open = undefined;
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
    if (this.#open !== this.#runs.at(-1)) this.#open = undefined;
  }

  drop(run: MemoryRun): void {
    const index = lastWhere(this.#runs, (one) => one.position <= run.position);
    if (this.#runs[index] === run) this.#runs.splice(index, 1);
  }
}
