import { TopologyError } from '../errors.ts';

/**
 * Tumbling and hopping windows: `[start, start + size)`, aligned to the epoch. A record that is late by more
 * than the grace, measured against the largest timestamp its operator has seen, is dropped. All in
 * milliseconds.
 */
export class TimeWindows {
  readonly sizeMs: number;
  readonly advanceMs: number;
  readonly graceMs: number;

  private constructor(sizeMs: number, advanceMs: number, graceMs: number) {
    this.sizeMs = sizeMs;
    this.advanceMs = advanceMs;
    this.graceMs = graceMs;
  }

  /** Tumbling windows without grace. @throws TopologyError unless the size is a positive whole number */
  static of(sizeMs: number): TimeWindows {
    assertDuration('size', sizeMs, 1);
    return new TimeWindows(sizeMs, sizeMs, 0);
  }

  /** Hopping windows: a new one starts every `advanceMs`, which is at most the size. */
  advanceBy(advanceMs: number): TimeWindows {
    assertDuration('advance', advanceMs, 1);
    if (advanceMs > this.sizeMs) {
      throw new TopologyError(
        'TOPOLOGY_INVALID',
        `TimeWindows: the advance (${advanceMs} ms) must not be larger than the size (${this.sizeMs} ms), or records would fall between windows`,
      );
    }
    return new TimeWindows(this.sizeMs, advanceMs, this.graceMs);
  }

  /** How long after its end a window still takes records. */
  grace(graceMs: number): TimeWindows {
    assertDuration('grace', graceMs, 0);
    return new TimeWindows(this.sizeMs, this.advanceMs, graceMs);
  }

  /** The start of the earliest window that holds this timestamp. */
  firstStart(timestamp: number): number {
    const { sizeMs, advanceMs } = this;
    return Math.floor(Math.max(0, timestamp - sizeMs + advanceMs) / advanceMs) * advanceMs;
  }
}

/** @throws TopologyError unless it is a whole number of at least `min` */
export function assertDuration(what: string, ms: number, min: number): void {
  if (!Number.isSafeInteger(ms) || ms < min) {
    throw new TopologyError(
      'TOPOLOGY_INVALID',
      `A window's ${what} must be a whole number of milliseconds, ${min} at least; got ${ms}`,
    );
  }
}
