/** How long the figures of the last while reach back, in milliseconds: this window and the one before. */
const windowMs = 30_000;
/** Buckets grow by a tenth: from a microsecond to some hours. */
const growth = Math.log(1.1);
const leastMs = 0.001;
const buckets = 240;

/** Durations of the last while: mean, largest and 99th percentile, in milliseconds. */
export interface TimingFigures {
  readonly count: number;
  readonly totalMs: number;
  readonly avgMs: number;
  readonly minMs: number;
  readonly maxMs: number;
  readonly p99Ms: number;
}

class Window {
  count = 0;
  totalMs = 0;
  minMs = Number.POSITIVE_INFINITY;
  maxMs = 0;
  readonly buckets = new Uint32Array(buckets);

  clear(): void {
    this.count = 0;
    this.totalMs = 0;
    this.minMs = Number.POSITIVE_INFINITY;
    this.maxMs = 0;
    this.buckets.fill(0);
  }
}

/**
 * Takes durations in: a count and a sum for good, the rest for the last 30 to 60 seconds. One `record` costs
 * some ten nanoseconds and allocates nothing.
 */
export class Timing {
  readonly #now: () => number;
  #count = 0;
  #totalMs = 0;
  #current = new Window();
  #before = new Window();
  #turnsAt: number;

  constructor(now: () => number = () => performance.now()) {
    this.#now = now;
    this.#turnsAt = now() + windowMs;
  }

  record(ms: number): void {
    this.#turn();
    const duration = Math.max(0, ms);
    this.#count++;
    this.#totalMs += duration;
    const window = this.#current;
    window.count++;
    window.totalMs += duration;
    window.minMs = Math.min(window.minMs, duration);
    window.maxMs = Math.max(window.maxMs, duration);
    window.buckets[bucketOf(duration)]!++;
  }

  #turn(): void {
    const now = this.#now();
    if (now < this.#turnsAt) return;
    // Nothing came for longer than a window: what is in both is too old.
    if (now >= this.#turnsAt + windowMs) this.#current.clear();
    [this.#current, this.#before] = [this.#before, this.#current];
    this.#current.clear();
    this.#turnsAt = now + windowMs;
  }

  /** Zeros where nothing was recorded lately. */
  read(): TimingFigures {
    this.#turn();
    const [a, b] = [this.#current, this.#before];
    const count = a.count + b.count;
    return {
      count: this.#count,
      totalMs: this.#totalMs,
      avgMs: count === 0 ? 0 : (a.totalMs + b.totalMs) / count,
      minMs: count === 0 ? 0 : Math.min(a.minMs, b.minMs),
      maxMs: Math.max(a.maxMs, b.maxMs),
      p99Ms: this.#percentile(0.99 * count),
    };
  }

  /** The upper bound of the bucket where so many durations are reached, but no more than the largest. */
  #percentile(rank: number): number {
    let seen = 0;
    for (let at = 0; at < buckets; at++) {
      seen += this.#current.buckets[at]! + this.#before.buckets[at]!;
      if (seen < rank || seen === 0) continue;
      const max = Math.max(this.#current.maxMs, this.#before.maxMs);
      // The last bucket has no upper bound.
      return at === buckets - 1 ? max : Math.min(leastMs * Math.exp(at * growth), max);
    }
    return 0;
  }
}

function bucketOf(ms: number): number {
  if (ms <= leastMs) return 0;
  return Math.min(buckets - 1, Math.ceil(Math.log(ms / leastMs) / growth));
}
