/** What a log has done since it was opened. Every count only grows. */
export interface LogCounters {
  commits: number;
  records: number;
  /** Of batches, as they are kept. */
  bytes: number;
  /** Syncs that commits or `flush` waited for, and how long they took. */
  syncs: number;
  syncMs: number;
  checkpoints: number;
  /** Checkpoints that could not be written. */
  failedCheckpoints: number;
  /** What retention has deleted. */
  expiredOffsets: number;
  expiredBytes: number;
}

export function newCounters(): LogCounters {
  return {
    commits: 0,
    records: 0,
    bytes: 0,
    syncs: 0,
    syncMs: 0,
    checkpoints: 0,
    failedCheckpoints: 0,
    expiredOffsets: 0,
    expiredBytes: 0,
  };
}
