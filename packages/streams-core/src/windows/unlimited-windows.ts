import { assertDuration } from './time-windows.ts';

/** One window that never ends: `[start, infinity)`. Earlier records are in none. In milliseconds. */
export class UnlimitedWindows {
  readonly startMs: number;
  readonly graceMs = 0;

  private constructor(startMs: number) {
    this.startMs = startMs;
  }

  /** From the epoch on. */
  static of(): UnlimitedWindows {
    return new UnlimitedWindows(0);
  }

  /** From another time on. @throws TopologyError unless it is a whole number, 0 at least */
  startOn(startMs: number): UnlimitedWindows {
    assertDuration('start', startMs, 0);
    return new UnlimitedWindows(startMs);
  }
}
