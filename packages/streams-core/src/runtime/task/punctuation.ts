import type { Cancellable, PunctuationType } from '../../topology/processor.ts';

export interface NewSchedule {
  readonly intervalMs: number;
  readonly type: PunctuationType;
  readonly callback: (timestampMs: number) => void | Promise<void>;
  readonly startAtMs: number | undefined;
}

interface Schedule {
  readonly intervalMs: number;
  readonly callback: (timestampMs: number) => void | Promise<void>;
  nextAt: number;
  cancelled: boolean;
}

/** A task's schedules: one list for each kind of time. Missed calls collapse into one. */
export class Punctuations {
  readonly #schedules: Record<PunctuationType, Schedule[]> = { 'stream-time': [], 'wall-clock-time': [] };

  /**
   * Stream time fires from the epoch on, so at the first record; wall-clock time after one interval from `now`, or at the next
   * of the times that `startAtMs` and the interval give (KIP-1146).
   */
  schedule({ intervalMs, type, callback, startAtMs }: NewSchedule, now: number): Cancellable {
    if (!(intervalMs >= 1))
      throw new RangeError(`schedule: the interval must be at least 1 ms, got ${intervalMs}`);
    const anchor = startAtMs ?? (type === 'stream-time' ? 0 : now + intervalMs);
    const behind = type === 'wall-clock-time' ? Math.max(0, Math.ceil((now - anchor) / intervalMs)) : 0;
    const nextAt = anchor + behind * intervalMs;
    const schedule: Schedule = { intervalMs, callback, nextAt, cancelled: false };
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

  /** Calls what is due at `time`, the earliest first. Returns how many there were, as a promise where one was made. */
  fire(type: PunctuationType, time: number): number | Promise<number> {
    const due = this.#schedules[type].filter((one) => one.nextAt <= time).sort((a, b) => a.nextAt - b.nextAt);
    for (const [index, one] of due.entries()) {
      const pending = this.#call(one, time);
      if (pending !== undefined) return this.#rest(pending, due, index + 1, time);
    }
    return due.length;
  }

  async #rest(first: Promise<void>, due: readonly Schedule[], from: number, time: number): Promise<number> {
    await first;
    for (const one of due.slice(from)) await this.#call(one, time);
    return due.length;
  }

  #call(schedule: Schedule, time: number): void | Promise<void> {
    if (schedule.cancelled) return;
    const missed = Math.floor((time - schedule.nextAt) / schedule.intervalMs);
    schedule.nextAt += (missed + 1) * schedule.intervalMs;
    return schedule.callback(time);
  }
}
