import { Compactor } from './compaction/compactor.ts';
import { passesOn } from './compaction/run-pass.ts';
import type { FileSystem } from './files/file-system.ts';
import { MemoryFileSystem } from './files/memory-file-system.ts';
import type { EmbeddedLogOptions } from './options.ts';
import { Checkpointer } from './storage/checkpointer.ts';
import { CommitWriter } from './storage/commit/commit-writer.ts';
import { type LogCounters, newCounters } from './storage/log-counters.ts';
import type { LogState } from './storage/log-state.ts';
import { recover } from './storage/recovery/recovery.ts';
import { OpenFiles } from './storage/segments/open-files.ts';
import { upgradeLog } from './upgrade/upgrade.ts';

const kibibyte = 1 << 10;
const mebibyte = 1 << 20;

/** The size of a commit from which it goes straight to its segments where the options do not say it. */
const leastDirect = { commit: 256 * kibibyte, interval: 64 * kibibyte, os: 64 * kibibyte } as const;

/** What an open log is made of. */
export interface LogParts {
  readonly state: LogState;
  readonly writer: CommitWriter;
  readonly counters: LogCounters;
  readonly files: OpenFiles;
  readonly compactor: Compactor;
  readonly stopCompaction: () => Promise<void>;
  /** Whether it outlives this process. */
  readonly isDurable: boolean;
}

/** Upgrades and recovers what a folder holds, and makes what writes to it. The folder is locked by now. */
export async function openParts(fileSystem: FileSystem, options: EmbeddedLogOptions): Promise<LogParts> {
  const { durability = 'commit', segmentBytes = 64 * mebibyte, now = Date.now } = options;
  await upgradeLog(fileSystem, { segmentBytes, onProgress: options.onUpgrade });
  const files = new OpenFiles(fileSystem);
  const { state, journal, generation, needed } = await recover(fileSystem, files);
  const counters = newCounters();
  const isDurable = !(fileSystem instanceof MemoryFileSystem);
  const writer = new CommitWriter({
    files,
    state,
    journal,
    needed,
    checkpointer: new Checkpointer({ fileSystem, files, needed, generation }),
    counters,
    durability,
    checkpointBytes: options.checkpointBytes ?? 32 * mebibyte,
    checkpointOnClose: isDurable,
    // In memory a file keeps the very bytes that it is given, and large commits share theirs.
    directBytes: isDurable ? (options.directBytes ?? leastDirect[durability]) : Number.POSITIVE_INFINITY,
    segmentBytes,
    maxTransactionBytes: options.maxTransactionBytes ?? 256 * mebibyte,
    now,
  });
  const passes = passesOn(fileSystem);
  const compactor = new Compactor({
    fileSystem,
    state,
    writer,
    needed,
    runPass: passes.runPass,
    segmentBytes,
    memoryBytes: options.compactionMemoryBytes ?? 128 * mebibyte,
    bytesPerSecond: options.compactionBytesPerSecond ?? 256 * mebibyte,
    now,
  });
  const stopCompaction = (): Promise<void> => {
    compactor.close();
    return passes.stop();
  };
  return { state, writer, counters, files, compactor, stopCompaction, isDurable };
}
