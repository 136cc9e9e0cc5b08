/** How an asynchronous operator makes its calls. Times are in milliseconds. */
export interface AsyncOptions {
  /** Calls under way at a time, for each task. Default 16. */
  readonly concurrency?: number;
  /**
   * `by-key` (default): calls of one key one after the other, so that their results keep their order.
   * `total`: results go on in the order of their records. `none`: as they come.
   */
  readonly order?: 'by-key' | 'total' | 'none';
  /** A call that takes longer has failed; its signal is aborted. Default: no limit. */
  readonly timeoutMs?: number;
  readonly retry?: Retry;
}

/**
 * How a call that failed is made again: after `backoffMs`, then twice that, and so on up to `maxBackoffMs`.
 */
export interface Retry {
  /** Attempts after the first. */
  readonly attempts: number;
  /** Default 100. */
  readonly backoffMs?: number;
  /** Default 10 seconds. */
  readonly maxBackoffMs?: number;
  /** Which errors are worth another attempt. Default: all. */
  readonly when?: (error: unknown) => boolean;
}

/** What a call gets besides its record. */
export interface AsyncContext {
  /** Aborted when the call has taken too long or its task goes away: hand it on to what you call. */
  readonly signal: AbortSignal;
}
