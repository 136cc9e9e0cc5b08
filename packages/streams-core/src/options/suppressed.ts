import type { BufferLimits } from '../operators/table/suppress.ts';
import type { Named } from './named.ts';

/** How the buffer of a suppression is kept. */
interface SuppressionBuffer extends Named {
  /** Whether what waits goes to a changelog topic. Default: true. */
  readonly logging?: boolean;
}

/** Hold a window's changes back until it has closed, then send the last. */
export interface UntilWindowCloses extends SuppressionBuffer {
  readonly until: 'window-closes';
  readonly buffer?: BufferLimits & { readonly whenFull: 'shutdown' };
}

/** Hold a row's changes back for some time, then send the last. */
export interface UntilTimeLimit extends SuppressionBuffer {
  readonly until: 'time-limit';
  readonly limitMs: number;
  readonly buffer?: BufferLimits;
}

/**
 * For `suppress`: one result for each window, once it is final. The buffer grows as it must, or stops the app
 * when it is full: a final result cannot be sent early.
 */
export function untilWindowCloses(
  options: SuppressionBuffer & { readonly buffer?: BufferLimits & { readonly whenFull: 'shutdown' } } = {},
): UntilWindowCloses {
  return { until: 'window-closes', ...options };
}

/**
 * For `suppress`: no more than one result for each row in `limitMs` of stream time, or earlier where the
 * buffer is full.
 */
export function untilTimeLimit(
  limitMs: number,
  options: SuppressionBuffer & { readonly buffer?: BufferLimits } = {},
): UntilTimeLimit {
  return { until: 'time-limit', limitMs, ...options };
}
