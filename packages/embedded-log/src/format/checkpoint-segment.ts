/** A segment as checkpoints and the journal describe it. */
export interface CheckpointSegment {
  readonly baseOffset: number;
  readonly fileId: number;
  readonly bytes: number;
  readonly maxTimestamp: number;
  /** When the log took its first and its last batch, in milliseconds by the log's clock. */
  readonly firstAppend: number;
  readonly lastAppend: number;
  /** Since when, by the log's clock, compaction keeps tombstones of it; left out where it keeps none. */
  readonly tombstonesSince?: number;
}
