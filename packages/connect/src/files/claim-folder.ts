import { mkdir, open, readdir, readFile, rename, rm, stat } from 'node:fs/promises';
import path from 'node:path';

/** Up to where the files of a partition are right. */
export interface WrittenUpTo {
  readonly group: string;
  readonly topicId: string;
  /** Of the next record. */
  readonly offset: number;
  /** Of the last file, from 1 on; 0: there is none. */
  readonly file: number;
  /** Of the last file. */
  readonly bytes: number;
}

const writtenFile = 'written.json';
const ended = '.ended';

/**
 * The claim of a partition: a folder, named by its epoch. What may happen only while the claim holds is a
 * rename out of the folder or within it. The next claim moves the folder away first, and such a
 * rename fails.
 */
export class ClaimFolder {
  readonly epoch: number;
  /** Up to where the claim before this one has written; undefined for the first. */
  readonly known: WrittenUpTo | undefined;
  readonly #parent: string;
  readonly #before: readonly string[];

  private constructor(parts: {
    readonly epoch: number;
    readonly parent: string;
    readonly before: readonly string[];
    readonly known: WrittenUpTo | undefined;
  }) {
    this.epoch = parts.epoch;
    this.known = parts.known;
    this.#parent = parts.parent;
    this.#before = parts.before;
  }

  /** Takes the partition with this folder over. */
  static async make(parent: string): Promise<ClaimFolder> {
    await mkdir(parent, { recursive: true });
    const { epoch, earlier } = await newEpoch(parent);
    const before: string[] = [];
    for (const one of earlier) {
      await renameIfThere(path.join(parent, String(one)), path.join(parent, `${one}${ended}`));
      before.push(path.join(parent, `${one}${ended}`));
    }
    let known: WrittenUpTo | undefined;
    for (const folder of before) known ??= await readWritten(folder);
    return new ClaimFolder({ epoch, parent, before, known });
  }

  /** Where a file of this claim is before it is moved to its place. */
  pathOf(name: string): string {
    return path.join(this.#parent, String(this.epoch), name);
  }

  /** Whether nobody else has claimed the partition. */
  isHeld(): Promise<boolean> {
    return exists(this.pathOf(''));
  }

  /** A file that the claim before had committed, and not moved to its place yet. */
  async leftover(name: string): Promise<string | undefined> {
    for (const folder of this.#before)
      if (await exists(path.join(folder, name))) return path.join(folder, name);
    return undefined;
  }

  /** What is written counts from now on. @throws an error `ENOENT` where the claim is lost */
  async commit(written: WrittenUpTo): Promise<void> {
    await writeSynced(this.pathOf('written.new'), Buffer.from(JSON.stringify(written)));
    await rename(this.pathOf('written.new'), this.pathOf(writtenFile));
    await syncFolder(this.pathOf(''));
  }

  /** The claims before are no longer needed. */
  async forgetEarlier(): Promise<void> {
    await syncFolder(this.#parent);
    for (const folder of this.#before) await rm(folder, { recursive: true, force: true });
  }
}

/** Makes the folder of an epoch above all others; those in falling order. */
async function newEpoch(
  parent: string,
): Promise<{ readonly epoch: number; readonly earlier: readonly number[] }> {
  for (;;) {
    const epochs = (await readdir(parent)).map((name) => Number.parseInt(name, 10)).filter(Number.isInteger);
    const earlier = [...new Set(epochs)].toSorted((a, b) => b - a);
    const epoch = (earlier[0] ?? 0) + 1;
    try {
      await mkdir(path.join(parent, String(epoch)));
      return { epoch, earlier };
    } catch (error) {
      // Another one is claiming it at this moment.
      if (codeOf(error) !== 'EEXIST') throw error;
    }
  }
}

async function readWritten(folder: string): Promise<WrittenUpTo | undefined> {
  try {
    return JSON.parse(await readFile(path.join(folder, writtenFile), 'utf8')) as WrittenUpTo;
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return undefined;
    throw error;
  }
}

async function renameIfThere(from: string, to: string): Promise<void> {
  try {
    await rename(from, to);
  } catch (error) {
    if (codeOf(error) !== 'ENOENT') throw error;
  }
}

export function codeOf(error: unknown): string | undefined {
  return (error as NodeJS.ErrnoException).code;
}

export async function exists(file: string): Promise<boolean> {
  try {
    await stat(file);
    return true;
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return false;
    throw error;
  }
}

export async function writeSynced(file: string, bytes: Uint8Array): Promise<void> {
  const handle = await open(file, 'w');
  try {
    await handle.writeFile(bytes);
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/** So that names which were put in it survive a power cut. */
export async function syncFolder(folder: string): Promise<void> {
  // Windows syncs no folders.
  if (process.platform === 'win32') return;
  const handle = await open(folder);
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}
