import { pause } from '@millrace/log-client/platform';
import { StreamsError } from '../../errors.ts';
import type { AsyncContext, Retry } from './async-options.ts';

export interface AttemptOptions {
  readonly timeoutMs: number | undefined;
  readonly retry: Retry | undefined;
  /** Aborted when the task goes away. */
  readonly stop: AbortSignal;
}

/** Makes a call, and makes it again while it fails and may be tried again. */
export async function attempt<T>(
  call: (context: AsyncContext) => Promise<T>,
  { timeoutMs, retry, stop }: AttemptOptions,
): Promise<T> {
  const { attempts = 0, backoffMs = 100, maxBackoffMs = 10_000, when = () => true } = retry ?? {};
  for (let made = 0; ; made++) {
    try {
      return await (timeoutMs === undefined ? call({ signal: stop }) : withTimeout(call, timeoutMs, stop));
    } catch (error) {
      if (stop.aborted || made >= attempts || !when(error)) throw error;
      await pause(Math.min(maxBackoffMs, backoffMs * 2 ** made), stop);
    }
  }
}

async function withTimeout<T>(
  call: (context: AsyncContext) => Promise<T>,
  timeoutMs: number,
  stop: AbortSignal,
): Promise<T> {
  const late = new AbortController();
  const ended = new AbortController();
  const timeout = pause(timeoutMs, ended.signal).then(
    () => {
      const error = new StreamsError('RECORD_PROCESSING', `The call took longer than ${timeoutMs} ms`);
      late.abort(error);
      throw error;
    },
    // Ended in time: the other side of the race has won.
    () => new Promise<never>(() => {}),
  );
  try {
    return await Promise.race([call({ signal: AbortSignal.any([stop, late.signal]) }), timeout]);
  } finally {
    ended.abort();
  }
}
