import type { BytesChange, BytesStore, Checkpoint } from '../bytes-store.ts';
import { CommittedState } from './committed-state.ts';

/** What a view keeps in memory for one key of the bytes store: a value, or a bucket of them. */
export interface Cell {
  /** Changed since the last commit: its changes are due in the changelog. */
  uncommitted: boolean;
  /** Changed since it was last handed to the bytes store. */
  unflushed: boolean;
}

/** How much a store keeps where. */
export interface StoreStats {
  /** Rows, or buckets of them, in memory; large ones count for more. */
  readonly memoryRows: number;
  /** Those of them that the disk does not have yet. */
  readonly unflushedRows: number;
  readonly flushes: number;
  /** On disk, about, as of the last write; undefined where there is no disk. */
  readonly diskBytes: number | undefined;
}

export interface WriteBackOptions<C extends Cell & S, S = unknown> {
  readonly backing: BytesStore;
  /** The cell as the bytes store keeps it; undefined where nothing has to be written. */
  readonly encode: (cell: C) => BytesChange | undefined;
  /**
   * Drops clean cells until what is left weighs about `keep`. Called between records, never while a flush
   * runs.
   */
  readonly evict: (keep: number) => void;
  /** What all cells weigh. */
  readonly size: () => number;
  /** What the large values of a cell weigh; left out where they do not count. */
  readonly large?: (cell: C) => number;
  /**
   * A copy of what later changes of the cell may change; left out where nobody asks for what is committed.
   */
  readonly copy?: (cell: C) => S;
  readonly limits?: WriteBackLimits | undefined;
}

/** When cells are written to the bytes store, and when they are dropped from memory. */
export interface WriteBackLimits {
  /** Flush once this many cells wait ... */
  readonly flushCells: number;
  /** ... or this long after the first of them. In milliseconds. */
  readonly flushAfterMs: number;
  /** Clean cells are dropped once there are more than this, down to three quarters of it. */
  readonly maxCells: number;
}

const defaultLimits: WriteBackLimits = { flushCells: 50_000, flushAfterMs: 10_000, maxCells: 200_000 };

/** Where most cells go before they are written, this many changes for each that may wait are enough. */
const changesPerCell = 10;
/** So few that are gone are not worth a sweep. */
const leastGone = 1000;

/** A value of this many bytes weighs as much as a cell. */
const bytesPerCell = 256;

/** What a window or a version weighs in its cell, without its value. */
export const bareEntryWeight = 0.25;

/** What a value weighs beside its cell, in cells, as far as its size is known: kept as text or bytes. */
export function valueWeight(kept: unknown): number {
  return typeof kept === 'string' || kept instanceof Uint8Array ? kept.length / bytesPerCell : 0;
}

/** The weight of a value where it counts toward the next write. Small ones do not: their cell does. */
export function largeWeight(kept: unknown): number {
  const weight = valueWeight(kept);
  return weight > 1 ? weight : 0;
}

/** By how much a large value weighs more once another has taken its place. */
export function largeGrowth(before: unknown, after: unknown): number {
  return largeWeight(after) - largeWeight(before);
}

/** What the large values of a cell's rows weigh. */
export function largeWeightOf(rows: readonly { readonly kept: unknown }[]): number {
  let weight = 0;
  for (const { kept } of rows) weight += largeWeight(kept);
  return weight;
}

/**
 * The layer between a view and its bytes store. Changes stay in the view's cells; the changelog is their
 * write-ahead log, so the bytes store is written only from time to time, in one batch with the changelog
 * offset it corresponds to.
 */
export class WriteBack<C extends Cell & S, S = unknown> {
  readonly #options: WriteBackOptions<C, S>;
  readonly #limits: WriteBackLimits;
  #uncommitted: C[] = [];
  /** With those that have gone, until they are half of them. */
  #unflushed: C[] = [];
  #unflushedWeight = 0;
  #gone = 0;
  /** What a restart would read of the changelog, in cells. */
  #changes = 0;
  #flushing: Promise<void> | undefined;
  #failure: unknown;
  #firstUnflushedAt = 0;
  /** Nothing has ever been written to the bytes store: there is no need to look there. */
  neverFlushed: boolean;

  #committed: CommittedState<C, S> | undefined;
  readonly #watchers = new Set<(changed: ReadonlyMap<C, S>) => void>();
  #flushes = 0;
  /** Changes were taken for a commit that does not stand yet. */
  #isCommitting = false;

  constructor(options: WriteBackOptions<C, S>) {
    this.#options = options;
    this.#limits = options.limits ?? defaultLimits;
    this.neverFlushed = options.backing.openedEmpty;
  }

  /** A record is about to change the cell. */
  changing(cell: C): void {
    if (this.#committed !== undefined && !cell.uncommitted) this.#committed.keep(cell);
  }

  /** Notes that a record has changed the cell, and by how much its large values weigh more now. */
  changed(cell: C, grown = 0): void {
    if (!cell.uncommitted) {
      cell.uncommitted = true;
      this.#uncommitted.push(cell);
    }
    this.restored(cell, grown);
  }

  /** As `changed`, of what is not due in the changelog: it came from there, or has passed its retention. */
  restored(cell: C, grown = 0): void {
    if (cell.unflushed) {
      this.#unflushedWeight += grown;
      return;
    }
    cell.unflushed = true;
    this.#unflushed.push(cell);
    this.#unflushedWeight += this.#weightOf(cell);
  }

  /** The whole cell is written, whatever of it has changed. */
  #weightOf(cell: C): number {
    return 1 + (this.#options.large?.(cell) ?? 0);
  }

  /**
   * Notes that a changed cell is gone and that nothing has to be written of it: the bytes store never had it,
   * or drops it with others. It must not be changed again.
   */
  gone(cell: C): void {
    if (!cell.unflushed) return;
    cell.unflushed = false;
    this.#unflushedWeight -= this.#weightOf(cell);
    this.#gone++;
    if (this.#gone >= leastGone && 2 * this.#gone > this.#unflushed.length) this.#sweep();
  }

  #sweep(): void {
    this.#unflushed = this.#unflushed.filter(({ unflushed }) => unflushed);
    this.#gone = 0;
  }

  get hasUncommitted(): boolean {
    return this.#uncommitted.length > 0;
  }

  /** Hands out the cells changed since the last commit, in the order of their first change. */
  takeUncommitted(): readonly C[] {
    const cells = this.#uncommitted;
    for (const cell of cells) cell.uncommitted = false;
    this.#uncommitted = [];
    this.#changes += cells.length;
    this.#isCommitting ||= cells.length > 0;
    this.#committed?.take();
    return cells;
  }

  /**
   * Whether the next commit should be waited for, so that this layer can write to the bytes store after it.
   */
  wantsFlush(now: number): boolean {
    const isEmpty = this.#unflushed.length === 0 && this.#changes === 0;
    if (this.#flushing !== undefined || isEmpty) return false;
    if (this.#firstUnflushedAt === 0) this.#firstUnflushedAt = now;
    const { flushCells, flushAfterMs, maxCells } = this.#limits;
    const crowded = this.#options.size() > maxCells && this.#unflushedWeight > maxCells / 2;
    const many = this.#unflushedWeight >= flushCells || this.#changes >= changesPerCell * flushCells;
    return crowded || many || now - this.#firstUnflushedAt >= flushAfterMs;
  }

  /** A commit stands: cells may be written or dropped, unless something has changed since it was taken. */
  afterCommit(checkpoint: Checkpoint | undefined, now: number): void {
    if (this.#failure !== undefined) throw this.#failure;
    // What is written to the bytes store must be what the checkpoint says, no more.
    if (!this.hasUncommitted && this.wantsFlush(now)) this.#startFlush(checkpoint);
    const { maxCells } = this.#limits;
    if (this.#flushing === undefined && this.#options.size() > maxCells)
      this.#options.evict((maxCells * 3) / 4);
  }

  /** The bytes store failed at something else: the next commit or flush rejects with this. */
  failed(error: unknown): void {
    this.#failure ??= error;
  }

  #startFlush(checkpoint: Checkpoint | undefined): void {
    this.#sweep();
    const cells = this.#unflushed;
    this.#unflushed = [];
    this.#unflushedWeight = 0;
    this.#changes = 0;
    this.#firstUnflushedAt = 0;
    this.neverFlushed &&= cells.length === 0;
    for (const cell of cells) cell.unflushed = false;
    // Encoded here and now: the next record may change the cells again.
    const changes = cells.map(this.#options.encode).filter((change) => change !== undefined);
    this.#flushes++;
    const written = this.#options.backing.write(changes, checkpoint);
    if (written === undefined) return;
    this.#flushing = written.then(
      () => {
        this.#flushing = undefined;
      },
      (error: unknown) => {
        this.#flushing = undefined;
        this.failed(error);
      },
    );
  }

  /** Hands everything to the bytes store and waits for it. Everything must be committed. */
  flush(checkpoint: Checkpoint | undefined): void | Promise<void> {
    const settle = (): void | Promise<void> => {
      if (this.#failure !== undefined) throw this.#failure;
      this.#startFlush(checkpoint);
      return this.#flushing?.then(() => {
        if (this.#failure !== undefined) throw this.#failure;
      });
    };
    return this.#flushing === undefined ? settle() : this.#flushing.then(settle);
  }

  /** Waits for a flush that is under way, so that the bytes store can be closed or scanned. */
  settle(): void | Promise<void> {
    return this.#flushing;
  }

  get stats(): StoreStats {
    return {
      memoryRows: Math.round(this.#options.size()),
      unflushedRows: this.#unflushed.length - this.#gone,
      flushes: this.#flushes,
      diskBytes: this.#options.backing.approximateBytes,
    };
  }

  /** Keeps what is committed apart from now on. */
  track(): void {
    const { copy } = this.#options;
    if (copy === undefined) return;
    const awaits = this.hasUncommitted ? 'take' : this.#isCommitting ? 'commit' : 'nothing';
    this.#committed ??= new CommittedState(copy, awaits);
  }

  /**
   * Whether `committedState` can be believed: not before the changes are committed that came before `track`.
   */
  get knowsCommitted(): boolean {
    return this.#committed?.isComplete ?? false;
  }

  /** A cell as it is committed. */
  committedState(cell: C): S {
    return this.#committed?.of(cell) ?? cell;
  }

  /** What was taken is committed. */
  commitStands(): void {
    this.#isCommitting = false;
    const changed = this.#committed?.commit();
    if (changed === undefined || changed.size === 0) return;
    for (const watcher of this.#watchers) watcher(changed);
  }

  /**
   * Calls back with what each commit has changed, and what was there before, from now on; returns how to
   * stop.
   */
  watch(watcher: (changed: ReadonlyMap<C, S>) => void): () => void {
    this.#watchers.add(watcher);
    return () => this.#watchers.delete(watcher);
  }

  /** The cells that the bytes store does not have in their present form. */
  get unflushed(): readonly C[] {
    if (this.#gone > 0) this.#sweep();
    return this.#unflushed;
  }
}
