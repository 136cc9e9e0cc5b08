import { chmod, readFile, rename, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';

/** Who serves the log of a folder, and how to get in. */
export interface LogOwner {
  readonly pid: number;
  readonly host: string;
  readonly port: number;
  /** Left out where everybody is let in. */
  readonly token?: string;
}

/** In the log's folder; for the folder's owner only, as it holds the token. */
const fileName = 'owner.json';
const privateMode = 0o600;

export async function writeOwner(dir: string, owner: LogOwner): Promise<void> {
  const file = path.join(dir, fileName);
  const part = `${file}.${process.pid}`;
  await writeFile(part, `${JSON.stringify(owner)}\n`, { mode: privateMode });
  // The mode above counts for a new file only.
  await chmod(part, privateMode);
  await rename(part, file);
}

/** Undefined where nobody has served the log, or the file cannot be read. */
export async function readOwner(dir: string): Promise<LogOwner | undefined> {
  try {
    return JSON.parse(await readFile(path.join(dir, fileName), 'utf8')) as LogOwner;
  } catch {
    return undefined;
  }
}

/** Takes the file away, if it is still this process's. */
export async function removeOwner(dir: string): Promise<void> {
  if ((await readOwner(dir))?.pid === process.pid) await rm(path.join(dir, fileName), { force: true });
}
