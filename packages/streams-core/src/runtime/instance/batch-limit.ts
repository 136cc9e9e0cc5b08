/**
 * How long a round over the tasks may take, in milliseconds; a record that takes longer is the last of its
 * round.
 */
const roundMs = 100;
/**
 * The clock is looked at after this much work, by what a record cost at the last look, but after this many
 * records at the latest.
 */
const lookMs = 5;
const longestRun = 8;

/**
 * Ends rounds over the tasks in time, however long a record takes: what keeps the group, commits and
 * punctuators have their turn between rounds, and the next round continues where this one stopped.
 */
export class BatchLimit {
  readonly #now: () => number;
  #endsAt = 0;
  #lookedAt = 0;
  /** Records between two looks at the clock, and how many of them are left. */
  #run = 1;
  #left = 1;
  #over = false;

  constructor(now: () => number = () => performance.now()) {
    this.#now = now;
  }

  /** A round begins. */
  begin(): void {
    this.#lookedAt = this.#now();
    this.#endsAt = this.#lookedAt + roundMs;
    this.#left = this.#run;
    this.#over = false;
  }

  /** Asked after each record: whether the round has taken its time. */
  readonly isOver = (): boolean => {
    if (--this.#left > 0) return this.#over;
    const now = this.#now();
    const costMs = (now - this.#lookedAt) / this.#run;
    this.#lookedAt = now;
    this.#run = costMs * longestRun <= lookMs ? longestRun : Math.max(1, Math.floor(lookMs / costMs));
    this.#left = this.#run;
    this.#over = now >= this.#endsAt;
    return this.#over;
  };

  get over(): boolean {
    return this.#over;
  }
}
