import { constants, copyFile, mkdir, readdir, rm } from 'node:fs/promises';
import path from 'node:path';
import { LogError } from '@millrace/log-client';
import { NodeFileSystem } from '../files/node-file-system.ts';
import { checkpointSlots, journalIdOf, segmentOf } from '../format/file-names.ts';
import { loadLog } from '../storage/recovery/load-log.ts';
import { OpenFiles } from '../storage/segments/open-files.ts';

export interface BackupProgress {
  readonly file: string;
  readonly files: number;
  readonly total: number;
}

const attempts = 5;

/**
 * Copies a log, which may be in use by another process, into an empty folder. The copy holds all commits up
 * to some moment after the call, as after a crash; it is read back before this resolves.
 * @throws LogError `LOG_CONFIG` where the target is not empty, `LOG_CORRUPT` where the log is damaged
 */
export async function backupLog(
  dir: string,
  target: string,
  onProgress: (progress: BackupProgress) => void = () => {},
): Promise<void> {
  await mkdir(target, { recursive: true, mode: 0o700 });
  if ((await readdir(target)).length > 0) {
    throw new LogError('LOG_CONFIG', `${target} is not empty: a backup needs a folder of its own`);
  }
  for (let attempt = 1; ; attempt++) {
    try {
      await copyAll(dir, target, onProgress);
      const files = new OpenFiles(new NodeFileSystem(target));
      const loaded = await loadLog(new NodeFileSystem(target), files).finally(() => files.close());
      if (loaded === undefined) throw new LogError('LOG_CONFIG', `There is no log in ${dir}`);
      return;
    } catch (error) {
      // A file may have gone while it was being copied: then a newer checkpoint names others.
      for (const name of await readdir(target)) await rm(path.join(target, name));
      if (attempt === attempts || (error as LogError).code === 'LOG_CONFIG') throw error;
    }
  }
}

/** What says what there is goes first, what it names after it: that only grows meanwhile. */
async function copyAll(
  dir: string,
  target: string,
  onProgress: (progress: BackupProgress) => void,
): Promise<void> {
  const copy = (name: string): Promise<void> =>
    copyFile(path.join(dir, name), path.join(target, name), constants.COPYFILE_FICLONE);
  const present = await readdir(dir);
  for (const name of checkpointSlots) if (present.includes(name)) await copy(name);
  const journals = (await readdir(dir)).filter((name) => journalIdOf(name) !== undefined);
  for (const name of journals.toSorted()) await copy(name);
  const segments = (await readdir(dir)).filter((name) => segmentOf(name) !== undefined);
  for (const [index, name] of segments.entries()) {
    await copy(name);
    onProgress({ file: name, files: index + 1, total: segments.length });
  }
}
