import { setTimeout as sleep } from 'node:timers/promises';

/** Why a connector waits before it tries again, or what it has missed. */
export interface ConnectorProblem {
  readonly error: Error;
  /** How long it waits, in milliseconds; 0 where it goes on. */
  readonly retryInMs: number;
}

/** A sink or a relay at work. */
export interface Connector {
  /** Resolves once it is closed; rejects with what has ended it. */
  readonly done: Promise<void>;
  /** Records written since it was started. */
  readonly written: number;
  /** Ends it after the transaction that it is at. */
  close(): Promise<void>;
}

/** Starts work that goes on until it is stopped. */
export function startConnector(work: {
  readonly written: number;
  run(): Promise<void>;
  stop(): void;
}): Connector {
  const done = work.run();
  // Reported by `done`, which not everyone awaits at once.
  done.catch(() => {});
  return {
    done,
    get written() {
      return work.written;
    },
    close: () => {
      work.stop();
      return done;
    },
  };
}

const firstRetryMs = 100;
const longestRetryMs = 30_000;

/** Waits between tries, twice as long each time. */
export class Retries {
  readonly #report: (problem: ConnectorProblem) => void;
  readonly #signal: AbortSignal;
  #retryMs = firstRetryMs;

  constructor(report: ((problem: ConnectorProblem) => void) | undefined, signal: AbortSignal) {
    this.#report = report ?? warn;
    this.#signal = signal;
  }

  /** Something worked: the next failure is a first one. */
  succeeded(): void {
    this.#retryMs = firstRetryMs;
  }

  /** What was missed, and is not tried again. */
  missed(error: Error): void {
    this.#report({ error, retryInMs: 0 });
  }

  async waitAfter(error: Error): Promise<void> {
    const retryInMs = this.#retryMs;
    this.#retryMs = Math.min(longestRetryMs, 2 * retryInMs);
    this.#report({ error, retryInMs });
    await this.sleep(retryInMs);
  }

  /** Ends early where the work is stopped. */
  async sleep(ms: number): Promise<void> {
    await sleep(ms, undefined, { signal: this.#signal }).catch(() => {});
  }
}

function warn({ error, retryInMs }: ConnectorProblem): void {
  const then = retryInMs === 0 ? '' : `. It is tried again in ${retryInMs} ms`;
  process.emitWarning(`${error.message}${then}`, 'MillraceWarning');
}
