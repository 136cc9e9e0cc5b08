import type { Journal } from './journal.ts';

/** Without a sync for each commit, recovery has to check what went to the segments since the last one. */
const maxUnsyncedDirectBytes = 256 << 20;
/** How long after a deletion its space is freed; what is deleted meanwhile goes with it. */
const reclaimDelayMs = 500;
/** Both checkpoint slots must have been written since: until then the older one needs its files. */
const reclaimCheckpoints = 2;
/** How many times the journal may be as long as it should be before commits wait for a checkpoint. */
const patience = 4;

export interface CheckpointScheduleOptions {
  /** The size of the journal at which a checkpoint is due, in bytes. */
  readonly checkpointBytes: number;
  readonly syncsCommits: boolean;
  /** A checkpoint is due however little the journal holds. */
  readonly onReclaim: () => void;
}

/** When checkpoints are written: by the journal's size, and soon after something was deleted. */
export class CheckpointSchedule {
  readonly #options: CheckpointScheduleOptions;
  #dueAt: number;
  /** What went straight to the segments since the last sync. */
  unsyncedDirectBytes = 0;
  /** Checkpoints that are still to be written before what was deleted is off the disk. */
  reclaims = 0;
  #reclaimDue = false;
  #timer: NodeJS.Timeout | undefined;

  constructor(options: CheckpointScheduleOptions) {
    this.#options = options;
    this.#dueAt = options.checkpointBytes;
  }

  isDue({ position }: Journal): boolean {
    if (this.#reclaimDue || position >= this.#dueAt) return true;
    return !this.#options.syncsCommits && this.unsyncedDirectBytes >= maxUnsyncedDirectBytes;
  }

  isFarBehind({ position }: Journal): boolean {
    return position >= patience * this.#dueAt;
  }

  /** A checkpoint could not be written: the next try is after as much again has been committed. */
  postpone({ position }: Journal): void {
    this.#dueAt = position + this.#options.checkpointBytes;
  }

  /** A checkpoint begins; what this returns is to be called once it stands. */
  begin(): () => void {
    this.#dueAt = this.#options.checkpointBytes;
    this.unsyncedDirectBytes = 0;
    this.#reclaimDue = false;
    const reclaims = this.reclaims > 0;
    return () => {
      if (reclaims) this.reclaims--;
      this.#reclaim();
    };
  }

  /** Something was deleted: its space is to be freed. */
  reclaimSoon(): void {
    this.reclaims = reclaimCheckpoints;
    this.#timer ??= setTimeout(() => {
      this.#timer = undefined;
      this.#reclaim();
    }, reclaimDelayMs).unref();
  }

  #reclaim(): void {
    this.#reclaimDue = this.reclaims > 0;
    if (this.#reclaimDue) this.#options.onReclaim();
  }

  close(): void {
    clearTimeout(this.#timer);
  }
}
