import type { Cancellable, PunctuationType } from '../../../topology/processor.ts';

export interface NewSchedule {
  readonly intervalMs: number;
  readonly type: PunctuationType;
  readonly callback: (timestampMs: number) => void | Promise<void>;
  readonly startAtMs: number | undefined;
  /**
   * Asked with the time that the callback would get, once the interval has passed: false leaves it waiting.
   */
  readonly isDue?: ((timestampMs: number) => boolean) | undefined;
}

interface Schedule {
  readonly intervalMs: number;
  readonly callback: (timestampMs: number) => void | Promise<void>;
  /** Wall-clock time that it is tied to; undefined where it counts from when it was made. */
  readonly anchorMs: number | undefined;
  readonly isDue: ((timestampMs: number) => boolean) | undefined;
  /** When it is due: in stream time, or by the monotonic clock. */
  nextAt: number;
  cancelled: boolean;
}

/**
 * Two readings of time: what schedules are compared with, and what their callbacks get. In stream time they
 * are the same.
 */
export interface Moment {
  /** Stream time, or a monotonic clock: one that is set back would silence every schedule for as long. */
  readonly due: number;
  readonly time: number;
}

/** A task's schedules: one list for each kind of time. Missed calls collapse into one. */
export class Punctuations {
  readonly #schedules: Record<PunctuationType, Schedule[]> = { 'stream-time': [], 'wall-clock-time': [] };

  /**
   * Stream time fires from the epoch on, so at the first record; wall-clock time after one interval from
   * `now`, or at the next of the times that `startAtMs` and the interval give (KIP-1146).
   */
  schedule({ intervalMs, type, callback, startAtMs, isDue }: NewSchedule, now: Moment): Cancellable {
    if (!(intervalMs >= 1))
      throw new RangeError(`schedule: the interval must be at least 1 ms, got ${intervalMs}`);
    const schedule: Schedule = {
      intervalMs,
      callback,
      anchorMs: type === 'wall-clock-time' ? startAtMs : undefined,
      isDue,
      nextAt: 0,
      cancelled: false,
    };
    if (type === 'stream-time') schedule.nextAt = startAtMs ?? 0;
    else
      schedule.nextAt = startAtMs === undefined ? now.due + intervalMs : anchored(schedule, startAtMs, now);
    this.#schedules[type].push(schedule);
    return {
      cancel: () => {
        schedule.cancelled = true;
        this.#schedules[type] = this.#schedules[type].filter((one) => one !== schedule);
      },
    };
  }

  get any(): boolean {
    return this.#schedules['stream-time'].length > 0 || this.#schedules['wall-clock-time'].length > 0;
  }

  /** Calls what is due, the earliest first. Returns how many there were, as a promise where one was made. */
  fire(type: PunctuationType, now: Moment): number | Promise<number> {
    const schedules = this.#schedules[type];
    // Asked after every record: as a rule there is nothing to sort.
    const first = schedules.find((one) => isDue(one, now));
    if (first === undefined) return 0;
    const due = schedules
      .filter((one) => one === first || isDue(one, now))
      .sort((a, b) => a.nextAt - b.nextAt);
    for (const [index, one] of due.entries()) {
      const pending = this.#call(one, now);
      if (pending !== undefined) return this.#rest(pending, due, index + 1, now);
    }
    return due.length;
  }

  async #rest(first: Promise<void>, due: readonly Schedule[], from: number, now: Moment): Promise<number> {
    await first;
    for (const one of due.slice(from)) await this.#call(one, now);
    return due.length;
  }

  #call(schedule: Schedule, now: Moment): void | Promise<void> {
    if (schedule.cancelled) return;
    const { anchorMs, intervalMs, nextAt } = schedule;
    const missed = Math.floor((now.due - nextAt) / intervalMs);
    schedule.nextAt =
      anchorMs === undefined ? nextAt + (missed + 1) * intervalMs : anchored(schedule, now.time + 1, now);
    return schedule.callback(now.time);
  }
}

function isDue(schedule: Schedule, { due, time }: Moment): boolean {
  return schedule.nextAt <= due && (schedule.isDue === undefined || schedule.isDue(time));
}

/**
 * When the monotonic clock will show the next of a schedule's wall-clock times that is not before `earliest`.
 */
function anchored({ anchorMs = 0, intervalMs }: Schedule, earliest: number, { due, time }: Moment): number {
  const from = Math.max(earliest, time);
  const next = anchorMs + Math.max(0, Math.ceil((from - anchorMs) / intervalMs)) * intervalMs;
  return due + (next - time);
}
