/** Moves stream time on with the wall clock while a task has nothing to do. */
export class IdleTime {
  #since: { readonly at: number; readonly streamTime: number } | undefined;

  /** There is something to do, at this wall-clock time. */
  busy(at: number, streamTime: number): void {
    this.#since = { at, streamTime };
  }

  /**
   * The stream time to move on to, where nothing has come for `afterMs` of wall-clock time; undefined before
   * that.
   */
  advance(at: number, streamTime: number, afterMs: number): number | undefined {
    this.#since ??= { at, streamTime };
    const idleMs = at - this.#since.at;
    return idleMs >= afterMs && idleMs > 0 ? this.#since.streamTime + idleMs : undefined;
  }
}
