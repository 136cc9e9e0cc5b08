import type { StateRestoreListener, StoreRestore } from '../../handlers.ts';
import { Timing } from '../task/timing.ts';

/** How much is measured: `debug` counts the records of every node too. */
export type RecordingLevel = 'off' | 'info' | 'debug';

/** How far a store that is being restored has got. */
interface Restoring {
  readonly restore: StoreRestore;
  offset: number;
}

/** What an app measures of itself, over all its lives: by round, commit and restore, never by record. */
export class Recorder {
  readonly level: RecordingLevel;
  readonly poll = new Timing();
  readonly process = new Timing();
  readonly punctuate = new Timing();
  readonly commit = new Timing();
  readonly endToEnd = new Timing();
  polledRecords = 0;
  rebalances = 0;
  tasksCreated = 0;
  tasksClosed = 0;
  restoredRecords = 0;
  /** When a record was last processed, or there was nothing to process; by the monotonic clock. */
  progressAt = performance.now();
  readonly #stateMs = new Map<string, number>();
  #state: { readonly name: string; readonly since: number } | undefined;
  readonly #restoring = new Map<string, Restoring>();

  constructor(level: RecordingLevel) {
    this.level = level;
  }

  get isOn(): boolean {
    return this.level !== 'off';
  }

  entered(state: string): void {
    const now = performance.now();
    if (this.#state !== undefined) this.#stateMs.set(this.#state.name, this.#timeIn(this.#state, now));
    this.#state = { name: state, since: now };
    this.progressAt = now;
    if (state === 'rebalancing') this.rebalances++;
  }

  /** How long the app has been in each state it has been in, in milliseconds. */
  get stateMs(): ReadonlyMap<string, number> {
    const state = this.#state;
    if (state === undefined) return this.#stateMs;
    return new Map([...this.#stateMs, [state.name, this.#timeIn(state, performance.now())]]);
  }

  #timeIn({ name, since }: { readonly name: string; readonly since: number }, now: number): number {
    return (this.#stateMs.get(name) ?? 0) + now - since;
  }

  /** Changelog records that are still to be restored, by task and store. */
  get restoring(): readonly { readonly restore: StoreRestore; readonly remaining: number }[] {
    return [...this.#restoring.values()].map(({ restore, offset }) => ({
      restore,
      remaining: Math.max(0, restore.endOffset - offset),
    }));
  }

  readonly restoreListener: StateRestoreListener = {
    onRestoreStart: (restore) => {
      this.#restoring.set(idOf(restore), { restore, offset: restore.startOffset });
    },
    onBatchRestored: (restore, offset, records) => {
      this.restoredRecords += records;
      const known = this.#restoring.get(idOf(restore));
      if (known !== undefined) known.offset = offset;
    },
    onRestoreEnd: (restore) => {
      this.#restoring.delete(idOf(restore));
    },
  };

  /** Restores that were under way when an instance ended. */
  forgetRestores(): void {
    this.#restoring.clear();
  }
}

function idOf({ taskId, store }: StoreRestore): string {
  return `${taskId} ${store}`;
}
