export { backupLog, type BackupProgress } from './backup.ts';
export {
  dumpBatches,
  type DumpedBatch,
  type DumpOptions,
  dumpRecords,
  logStats,
  type PartitionStats,
} from './describe.ts';
export { type LostOffsets, repairLog, type RepairOptions } from './repair.ts';
export { type LogProblem, verifyLog, type VerifyProgress, type VerifyReport } from './verify.ts';
export { NodeFileSystem } from '../files/node-file-system.ts';
export { upgradeLog, type UpgradeOptions } from '../upgrade/upgrade.ts';
