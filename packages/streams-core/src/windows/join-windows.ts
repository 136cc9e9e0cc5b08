import { TopologyError } from '../errors.ts';
import { assertDuration } from './time-windows.ts';

/**
 * How far apart records of two streams may be to be joined: the right one from `beforeMs` before to `afterMs`
 * after the left one, both inclusive. Either may be negative, their sum may not. What has no partner waits
 * until the window and the grace have passed. All in milliseconds.
 */
export class JoinWindows {
  readonly beforeMs: number;
  readonly afterMs: number;
  readonly graceMs: number;

  private constructor(beforeMs: number, afterMs: number, graceMs: number) {
    if (!(beforeMs + afterMs >= 0)) {
      throw new TopologyError(
        'TOPOLOGY_INVALID',
        `JoinWindows: before (${beforeMs} ms) and after (${afterMs} ms) must not add up to less than nothing`,
      );
    }
    this.beforeMs = beforeMs;
    this.afterMs = afterMs;
    this.graceMs = graceMs;
  }

  /** Records at most so far apart, either way; no grace. */
  static of(differenceMs: number): JoinWindows {
    assertDuration('difference', differenceMs, 0);
    return new JoinWindows(differenceMs, differenceMs, 0);
  }

  /** The right record may be so much earlier than the left one. */
  before(beforeMs: number): JoinWindows {
    return new JoinWindows(beforeMs, this.afterMs, this.graceMs);
  }

  /** The right record may be so much later than the left one. */
  after(afterMs: number): JoinWindows {
    return new JoinWindows(this.beforeMs, afterMs, this.graceMs);
  }

  /** How long after its end a window still takes records. */
  grace(graceMs: number): JoinWindows {
    assertDuration('grace', graceMs, 0);
    return new JoinWindows(this.beforeMs, this.afterMs, graceMs);
  }

  /** From the earliest to the latest right record of one left record. */
  get sizeMs(): number {
    return this.beforeMs + this.afterMs;
  }
}

/** What a join of two streams without windows gives: nothing to go on with, as the compiler will say. */
export interface StreamsAreJoinedWithin<_Windows> {
  readonly windowsMissing?: never;
}
