import { RestartDelays } from '../app/restart-delays.ts';

/** Starts workers that died again: soon, and later each time until one has lived for a minute. */
export class Restarts {
  readonly #delays = new Map<number, RestartDelays>();
  readonly #timers = new Set<NodeJS.Timeout>();

  /** Calls `start` for a worker that has just died, unless cancelled; returns after how many milliseconds. */
  schedule(worker: number, start: () => void): number {
    const delays = this.#delays.get(worker) ?? new RestartDelays();
    this.#delays.set(worker, delays);
    const ms = delays.next();
    const timer = setTimeout(() => {
      this.#timers.delete(timer);
      start();
    }, ms);
    this.#timers.add(timer);
    return ms;
  }

  cancel(): void {
    for (const timer of this.#timers) clearTimeout(timer);
    this.#timers.clear();
  }
}
