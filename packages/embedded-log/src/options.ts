import type { Durability } from './storage/commit/commit-writer.ts';
import type { RetentionTime } from './storage/retention.ts';
import type { UpgradeProgress } from './upgrade/upgrade.ts';

export interface EmbeddedLogOptions {
  /**
   * When a commit is acknowledged. `commit` (default): once it is synced to the device; nothing acknowledged
   * is ever lost. `interval`: once written, with a sync every `syncIntervalMs`; a power loss may take that
   * much. `os`: once written; the system syncs when it likes. A killed process loses nothing at any level.
   */
  readonly durability?: Durability;
  /** For `durability: 'interval'`, in milliseconds. Default 100. */
  readonly syncIntervalMs?: number;
  /** The journal's size at which it is written out to segments, in bytes. Default 32 MiB. */
  readonly checkpointBytes?: number;
  /**
   * The size from which a commit's records go straight to the segments instead of into the journal first, in
   * bytes. Default 256 KiB with durability `commit`, else 64 KiB.
   */
  readonly directBytes?: number;
  /**
   * The size from which a segment file is not continued, in bytes, unless its topic has `segment.bytes`.
   * Default 64 MiB.
   */
  readonly segmentBytes?: number;
  /**
   * How often retention and compaction are looked after, in milliseconds. Default 1000. Infinity: only by
   * `EmbeddedLog.clean`.
   */
  readonly housekeepingMs?: number;
  /**
   * What the age of records is counted from for `retention.ms`. `append` (default): when the log took them,
   * so that history which is read in is not deleted at once. `record`: their timestamps, as on Kafka.
   */
  readonly retentionTime?: RetentionTime;
  /** The memory for the keys of a topic that is being compacted, in bytes. Default 128 MiB. */
  readonly compactionMemoryBytes?: number;
  /** How fast compaction reads, in bytes a second. Default 256 MiB. */
  readonly compactionBytesPerSecond?: number;
  /** The log's clock, in milliseconds since the epoch. Default Date.now. */
  readonly now?: () => number;
  /** Called while a log of an earlier format is rewritten, which takes as much room again as the log. */
  readonly onUpgrade?: (progress: UpgradeProgress) => void;
  /** The largest record, in bytes with its key, value and headers. Default 8 MiB. */
  readonly maxRecordBytes?: number;
  /** The largest commit, in bytes. Default 256 MiB. */
  readonly maxTransactionBytes?: number;
}
