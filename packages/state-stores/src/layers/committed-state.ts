/**
 * What cells were like before changes that are not committed: lets queries read what is committed while
 * records are being processed. It costs a copy for each cell that a commit changes, so it is kept only where
 * asked for.
 */
export class CommittedState<C, S> {
  readonly #copy: (cell: C) => S;
  /** As they were when the last commit was prepared: changed since. */
  #changed = new Map<C, S>();
  /** As they were before the commit that is under way. */
  #taken = new Map<C, S>();
  /** What was changed before copies were kept still has to be prepared, and then committed. */
  #awaits: 'nothing' | 'take' | 'commit';

  constructor(copy: (cell: C) => S, awaits: 'nothing' | 'take' | 'commit') {
    this.#copy = copy;
    this.#awaits = awaits;
  }

  /** Whether it knows about every change that is not committed. */
  get isComplete(): boolean {
    return this.#awaits === 'nothing';
  }

  /** A cell that is as the last commit took it is about to change. */
  keep(cell: C): void {
    if (!this.#changed.has(cell)) this.#changed.set(cell, this.#copy(cell));
  }

  /** A commit takes what has changed. */
  take(): void {
    // As a rule no earlier commit is under way.
    if (this.#taken.size === 0) [this.#taken, this.#changed] = [this.#changed, this.#taken];
    for (const [cell, state] of this.#changed) if (!this.#taken.has(cell)) this.#taken.set(cell, state);
    this.#changed.clear();
    if (this.#awaits === 'take') this.#awaits = 'commit';
  }

  /** The commit stands. Returns what it has changed, with what was there before. */
  commit(): ReadonlyMap<C, S> {
    if (this.#awaits === 'commit') this.#awaits = 'nothing';
    const committed = this.#taken;
    if (committed.size > 0) this.#taken = new Map();
    return committed;
  }

  /** The committed state of a cell; undefined where that is how the cell is. */
  of(cell: C): S | undefined {
    return this.#taken.get(cell) ?? this.#changed.get(cell);
  }
}
