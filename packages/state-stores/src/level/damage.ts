import { writeFileSync } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import type { Checkpoint } from '../bytes-store.ts';
import { isStoreError, StoreError } from '../errors.ts';

/**
 * The file in a store's folder that says it is damaged: LevelDB opens some folders whose blocks it cannot
 * read.
 */
const noteName = 'DAMAGED';

/** The innermost reason, as LevelDB or the system gave it. */
export function causeOf(error: unknown): string {
  const { cause, message } = error as Error;
  return cause instanceof Error ? causeOf(cause) : message;
}

/**
 * Whether LevelDB's own words say that its files are damaged. A file that is missing, or shorter than its
 * index says (pread past the end is an invalid argument there), is damage too; anything else that the system
 * refuses may work the next time.
 */
function isDamage(error: unknown): boolean {
  const { code } = ((error as Error).cause ?? error) as { code?: string };
  if (code === 'LEVEL_CORRUPTION') return true;
  return /(^|: )Corruption: |IO error: .*(No such file or directory|Invalid argument)$/.test(causeOf(error));
}

function isLocked(error: unknown): boolean {
  return ((error as Error).cause as { code?: string } | undefined)?.code === 'LEVEL_LOCKED';
}

/** Names what went wrong at a store's folder: locked, damaged, or refused by the system. */
export function storeError(error: unknown, dir: string, action: string): StoreError {
  if (isStoreError(error)) return error;
  const cause = causeOf(error);
  const options = { cause: error };
  if (isLocked(error)) {
    return new StoreError(
      'STORE_LOCKED',
      `The store in ${dir} is open in another process or task: close it there`,
      options,
    );
  }
  if (isDamage(error)) return damaged(dir, cause, options);
  return new StoreError(
    'STORE_IO',
    `The store in ${dir} could not be ${action}: ${cause}. The folder was left as it is`,
    options,
  );
}

function damaged(
  dir: string,
  cause: string,
  options: ErrorOptions = { cause: new Error(cause) },
): StoreError {
  return new StoreError(
    'STORE_CORRUPT',
    `The store in ${dir} is damaged: ${cause}. With a changelog, start the app again: it is rebuilt from that. Without one, what it holds is nowhere else: restore the folder from a backup, or delete it to start empty`,
    options,
  );
}

/** LevelDB takes a folder without its CURRENT file for a new one. @throws StoreError `STORE_CORRUPT` */
export async function assertWhole(dir: string): Promise<void> {
  const names = await readdir(dir).catch((error: NodeJS.ErrnoException): string[] => {
    if (error.code === 'ENOENT') return [];
    throw error;
  });
  if (names.includes(noteName)) throw damaged(dir, await readFile(path.join(dir, noteName), 'utf8'));
  const hasData = names.some((name) => /^MANIFEST-|\.(ldb|sst)$/.test(name));
  if (hasData && !names.includes('CURRENT')) throw damaged(dir, 'its file CURRENT is missing');
}

export function noteDamage(dir: string, cause: string): void {
  try {
    writeFileSync(path.join(dir, noteName), cause);
  } catch {
    // A folder that cannot be written says so in other ways.
  }
}

/** @throws StoreError `STORE_CORRUPT` */
export function parseCheckpoint(bytes: Uint8Array, dir: string): Checkpoint {
  try {
    return JSON.parse(Buffer.from(bytes).toString()) as Checkpoint;
  } catch (cause) {
    throw damaged(dir, `its checkpoint cannot be read (${(cause as Error).message})`);
  }
}
