import { assertDuration } from './time-windows.ts';

/**
 * Sliding windows: `[start, start + difference]`, both inclusive. There is one for each distinct set of a
 * key's records that are at most `differenceMs` apart. A window takes records until the largest timestamp
 * seen is past its end and the grace. All in milliseconds.
 */
export class SlidingWindows {
  readonly differenceMs: number;
  readonly graceMs: number;

  private constructor(differenceMs: number, graceMs: number) {
    this.differenceMs = differenceMs;
    this.graceMs = graceMs;
  }

  /** Records at most so far apart; no grace. @throws TopologyError unless it is a whole number, 0 at least */
  static of(differenceMs: number): SlidingWindows {
    assertDuration('difference', differenceMs, 0);
    return new SlidingWindows(differenceMs, 0);
  }

  /** How long after its end a window still takes records. */
  grace(graceMs: number): SlidingWindows {
    assertDuration('grace', graceMs, 0);
    return new SlidingWindows(this.differenceMs, graceMs);
  }
}
