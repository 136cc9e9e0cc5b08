/** A round that takes longer than this takes fewer records the next time; one much shorter takes more. */
const longMs = 200;
const shortMs = 50;
const first = 16;

/**
 * How many records a task may take in a round, so that rounds stay short however long a record takes: what keeps the group,
 * commits and punctuators have their turn at the end of one (as Kafka Streams adapts its iterations).
 */
export class Pace {
  readonly #max: number;
  limit: number;

  constructor(max: number) {
    this.#max = max;
    this.limit = Math.min(first, max);
  }

  /** Takes in how long a round took; `worked` says whether there was anything to do. */
  tookMs(ms: number, worked: boolean): void {
    if (ms > longMs) this.limit = Math.max(1, Math.floor((this.limit * longMs) / ms));
    else if (ms < shortMs && worked) this.limit = Math.min(this.#max, this.limit * 2);
  }
}
