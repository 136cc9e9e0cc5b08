const firstMs = 100;
const longestMs = 30_000;
/** After this long without a failure the next one counts as the first. */
const calmMs = 60_000;

/** How long to wait after each failure: twice as long as after the one before. */
export class RestartDelays {
  readonly #now: () => number;
  #lastAt = Number.NEGATIVE_INFINITY;
  /** How many there were in a row. */
  failures = 0;

  constructor(now = () => performance.now()) {
    this.#now = now;
  }

  /** Takes in a failure; returns the pause in milliseconds. */
  next(): number {
    const now = this.#now();
    if (now - this.#lastAt > calmMs) this.failures = 0;
    this.#lastAt = now;
    return Math.min(longestMs, firstMs * 2 ** this.failures++);
  }
}
