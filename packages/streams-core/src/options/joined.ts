import type { Named } from './named.ts';

/** How a stream is joined with a table. */
export interface TableJoinOptions extends Named {
  /**
   * With a versioned table: how long records wait for late rows, in milliseconds of stream time, before they
   * are joined with the row that was valid at their timestamp.
   */
  readonly graceMs?: number;
}
