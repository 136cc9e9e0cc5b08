import { assertDuration } from './time-windows.ts';

/**
 * Sessions: a key's records with no more than `gapMs` from each to the next, from the first record's
 * timestamp to the last one's, both inclusive. A record between two sessions can make one of them. All in
 * milliseconds.
 */
export class SessionWindows {
  readonly gapMs: number;
  readonly graceMs: number;

  private constructor(gapMs: number, graceMs: number) {
    this.gapMs = gapMs;
    this.graceMs = graceMs;
  }

  /**
   * Sessions that end after this long without a record; no grace. @throws TopologyError unless it is a
   * positive whole number
   */
  static of(gapMs: number): SessionWindows {
    assertDuration('inactivity gap', gapMs, 1);
    return new SessionWindows(gapMs, 0);
  }

  /** How long after its end and the gap a session still takes records. */
  grace(graceMs: number): SessionWindows {
    assertDuration('grace', graceMs, 0);
    return new SessionWindows(this.gapMs, graceMs);
  }
}
