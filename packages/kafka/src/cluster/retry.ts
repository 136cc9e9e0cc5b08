import { setTimeout as sleep } from 'node:timers/promises';
import { errorType, isPassing, toLogError } from '../errors.ts';

const firstDelayMs = 5;
const longestDelayMs = 1000;
/** Between attempts to begin a transaction while the one before is ending. */
const longestEndMs = 20;

export interface RetryOptions {
  /** What is being done, for the error, e.g. `Reading offsets of orders-0`. */
  readonly what: string;
  /** How long to retry. */
  readonly timeoutMs: number;
  /** Called before each new attempt: look the leader or coordinator up again, for instance. */
  readonly refresh?: (error: unknown) => Promise<unknown>;
  /** Further errors that pass. */
  readonly alsoPassing?: (error: unknown) => boolean;
  /** Stops trying, e.g. because the client has been closed. */
  readonly stopped?: () => boolean;
}

/** Tries until it works, or the error is one that stays, or the time is up. @throws LogError */
export async function retrying<T>(action: () => Promise<T>, options: RetryOptions): Promise<T> {
  const { what, timeoutMs, refresh, alsoPassing, stopped } = options;
  const deadline = performance.now() + timeoutMs;
  for (let delay = firstDelayMs; ; delay = Math.min(longestDelayMs, delay * 2)) {
    try {
      return await action();
    } catch (error) {
      const again = isPassing(error) || alsoPassing?.(error) === true;
      if (!again || performance.now() > deadline || stopped?.() === true) throw toLogError(error, what);
      // The markers of the transaction before are being written: that takes a moment only.
      const isEnding = errorType(error) === 'CONCURRENT_TRANSACTIONS';
      await sleep(isEnding ? Math.min(delay, longestEndMs) : delay);
      if (!isEnding) await refresh?.(error).catch(() => {});
    }
  }
}
