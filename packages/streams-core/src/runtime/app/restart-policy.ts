import type { Logger } from '../../logger.ts';
import { isStreamsError, type RecordError } from '../../errors.ts';
import { RestartDelays } from './restart-delays.ts';

/** So many failures at one record in a row, and it is named. */
const poisonAfter = 5;

/**
 * How long to wait before the work starts over: twice as long after each failure, with jitter, and never in
 * silence.
 */
export class RestartPolicy {
  readonly #applicationId: string;
  readonly #logger: Logger;
  readonly #random: () => number;
  readonly #delays: RestartDelays;
  #record: string | undefined;
  #atRecord = 0;

  constructor(
    applicationId: string,
    logger: Logger,
    { random = Math.random, now }: { readonly random?: () => number; readonly now?: () => number } = {},
  ) {
    this.#applicationId = applicationId;
    this.#logger = logger;
    this.#random = random;
    this.#delays = new RestartDelays(now);
  }

  /**
   * Takes in a failure and warns of it; returns the pause in milliseconds. `quiet`: the first is an everyday
   * one, say a rebalance.
   */
  delayMs(error: unknown, { quiet }: { readonly quiet: boolean }): number {
    const ms = this.#delays.next();
    const { failures } = this.#delays;
    // Instances that failed together should not come back together.
    const delay = Math.round(ms * (0.5 + this.#random() / 2));
    if (!quiet || failures > 1) {
      const times = failures === 1 ? '' : ` (failure ${failures} in a row)`;
      this.#logger.warn(
        { applicationId: this.#applicationId, error },
        `App "${this.#applicationId}" restarts from its last commit in ${delay} ms${times}: ${messageOf(error)}`,
      );
    }
    this.#namePoison(error);
    return delay;
  }

  /** Warns that the work waits for something that is missing. */
  awaits(error: unknown, forMs: number): void {
    this.#logger.warn(
      { applicationId: this.#applicationId, error },
      `App "${this.#applicationId}" waits up to ${forMs / 1000} s: ${messageOf(error)}`,
    );
  }

  #namePoison(error: unknown): void {
    const { origin } = isStreamsError(error) ? (error as RecordError) : { origin: undefined };
    const record =
      origin === undefined ? undefined : `${origin.topic}-${origin.partition} @ ${origin.offset}`;
    this.#atRecord = record === this.#record ? this.#atRecord + 1 : 1;
    this.#record = record;
    if (record === undefined || this.#atRecord !== poisonAfter) return;
    this.#logger.warn(
      { applicationId: this.#applicationId, error },
      `App "${this.#applicationId}" has failed ${poisonAfter} times in a row at record ${record}: no restart gets past it. Let an exception handler leave it out (logAndContinue()) or send it to a topic (deadLetterTo('...'))`,
    );
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
