export { EmbeddedLog } from './embedded-log.ts';
export type { EmbeddedLogOptions } from './options.ts';
export type { FileSystem, LogFile } from './files/file-system.ts';
export { MemoryFileSystem } from './files/memory-file-system.ts';
export type { Durability } from './storage/commit/commit-writer.ts';
export type { UpgradeProgress } from './upgrade/upgrade.ts';
export type { RetentionTime } from './storage/retention.ts';
export { logMetricCatalogue } from './log-metrics.ts';
export type { CompactionStats } from './compaction/compactor.ts';
