import { copyFile, type FileHandle, open, readdir, rename } from 'node:fs/promises';
import path from 'node:path';
import type { Claim } from '../destination.ts';
import { DestinationError, fenced } from '../errors.ts';
import { ClaimFolder, codeOf, exists, syncFolder, writeSynced, type WrittenUpTo } from './claim-folder.ts';

export interface PartitionFilesOptions {
  readonly dir: string;
  readonly format: { readonly extension: string; readonly header?: string };
  readonly maxBytes: number;
}

/** Beside the files: how far they go. */
const claimsFolder = '.millrace';

/**
 * The files of one partition, while they are claimed. Lines are written behind the last file's, then what is
 * written is committed. At a claim the last file is replaced by a copy of what was committed of it: what
 * another sink still writes to the old one is in no file any more.
 */
export class PartitionFiles {
  readonly #claim: Omit<Claim, 'epoch'>;
  readonly #options: PartitionFilesOptions;
  readonly #folder: ClaimFolder;
  #written: WrittenUpTo;
  /** Of the next record; undefined where nothing of this topic was written. */
  readonly offset: number | undefined;

  private constructor(claim: Omit<Claim, 'epoch'>, options: PartitionFilesOptions, folder: ClaimFolder) {
    this.#claim = claim;
    this.#options = options;
    this.#folder = folder;
    const { group, topicId } = claim;
    const { known } = folder;
    // A topic that was made again begins at its first record, behind the lines that are there.
    this.offset = known?.topicId === topicId ? known.offset : undefined;
    const { file = 0, bytes = 0 } = known ?? {};
    this.#written = { group, topicId, offset: this.offset ?? 0, file, bytes };
  }

  /** Takes the partition over from the sink that had it. */
  static async claim(claim: Omit<Claim, 'epoch'>, options: PartitionFilesOptions): Promise<PartitionFiles> {
    const { dir } = options;
    const folder = await ClaimFolder.make(path.join(dir, claimsFolder, `${claim.topic}-${claim.partition}`));
    const files = new PartitionFiles(claim, options, folder);
    await files.#whileHeld(() => files.#takeOver());
    return files;
  }

  get epoch(): number {
    return this.#folder.epoch;
  }

  /** Writes lines, which are there together with the offset behind them. @throws SinkFencedError */
  async append(lines: readonly string[], offset: number): Promise<void> {
    const bytes = Buffer.from(lines.map((line) => `${line}\n`).join(''));
    await this.#whileHeld(async () => {
      if (bytes.length === 0) await this.#commit({ offset });
      else if (this.#isAtItsEnd || !(await this.#extend(bytes, offset))) await this.#begin(bytes, offset);
    });
  }

  get #isAtItsEnd(): boolean {
    return this.#written.file === 0 || this.#written.bytes >= this.#options.maxBytes;
  }

  #pathOf(file: number): string {
    return path.join(this.#options.dir, `${this.#prefix}${String(file).padStart(8, '0')}${this.#suffix}`);
  }

  get #prefix(): string {
    return `${this.#claim.topic}-${this.#claim.partition}-`;
  }

  get #suffix(): string {
    return `.${this.#options.format.extension}`;
  }

  async #takeOver(): Promise<void> {
    const { known } = this.#folder;
    if (known === undefined) await this.#checkEmpty();
    else if (known.group !== this.#claim.group) {
      throw this.#mistake(
        `sink "${known.group}" writes ${this.#prefix.slice(0, -1)} there: give sink "${this.#claim.group}" a folder of its own`,
      );
    }
    const { file } = this.#written;
    const last = this.#pathOf(file);
    // A file that was committed may not have been moved to its place yet.
    const leftover = await this.#folder.leftover(String(file));
    if (leftover !== undefined && !(await exists(last))) {
      await rename(leftover, this.#folder.pathOf(String(file)));
      await rename(this.#folder.pathOf(String(file)), last);
    }
    await this.#replaceLast(last);
    await this.#commit({});
    await this.#folder.forgetEarlier();
  }

  /** Lines whose end is not known cannot be written on. */
  async #checkEmpty(): Promise<void> {
    const names = await readdir(this.#options.dir);
    const isOwn = (name: string): boolean =>
      name.startsWith(this.#prefix) &&
      /^\d{8}\./.test(name.slice(this.#prefix.length)) &&
      name.endsWith(this.#suffix);
    const found = names.find(isOwn);
    if (found === undefined) return;
    throw this.#mistake(
      `${found} is there, and nothing in ${claimsFolder} that says how far it goes: move such files away, or take another folder`,
    );
  }

  /** Gives the last file a copy of what was committed of it in its place. */
  async #replaceLast(last: string): Promise<void> {
    const { bytes } = this.#written;
    // The reader of a file may remove it.
    if (bytes === 0 || !(await exists(last))) return;
    const copy = this.#folder.pathOf('copy');
    await copyFile(last, copy);
    await using(await open(copy, 'r+'), async (handle) => {
      const { size } = await handle.stat();
      if (size < bytes)
        throw this.#mistake(`${last} has ${size} bytes of the ${bytes} that were written to it`);
      await handle.truncate(bytes);
      await handle.sync();
    });
    await rename(copy, last);
    await syncFolder(this.#options.dir);
  }

  /** Writes behind the lines of the last file; false where that has been removed. */
  async #extend(bytes: Uint8Array, offset: number): Promise<boolean> {
    const handle = await openIfThere(this.#pathOf(this.#written.file));
    if (handle === undefined) return false;
    await using(handle, async () => {
      // Opened while the claim holds it is the file that will be replaced by a copy, not the copy.
      if (!(await this.#folder.isHeld())) throw fenced({ ...this.#claim, epoch: this.epoch });
      await writeAt(handle, bytes, this.#written.bytes);
      await handle.datasync();
    });
    await this.#commit({ offset, bytes: this.#written.bytes + bytes.length });
    return true;
  }

  /** Writes a file behind the last one. */
  async #begin(bytes: Uint8Array, offset: number): Promise<void> {
    const { header } = this.#options.format;
    const whole = header === undefined ? bytes : Buffer.concat([Buffer.from(`${header}\n`), bytes]);
    const file = this.#written.file + 1;
    const next = this.#folder.pathOf(String(file));
    await writeSynced(next, whole);
    await this.#commit({ offset, file, bytes: whole.length });
    await rename(next, this.#pathOf(file));
    await syncFolder(this.#options.dir);
  }

  async #commit(change: Partial<WrittenUpTo>): Promise<void> {
    const written = { ...this.#written, ...change };
    await this.#folder.commit(written);
    this.#written = written;
  }

  /** @throws SinkFencedError for what fails because the claim is lost */
  async #whileHeld(work: () => Promise<void>): Promise<void> {
    try {
      await work();
    } catch (error) {
      if (codeOf(error) !== 'ENOENT' || (await this.#folder.isHeld())) throw error;
      throw fenced({ ...this.#claim, epoch: this.epoch });
    }
  }

  #mistake(what: string): DestinationError {
    return new DestinationError(`folder ${this.#options.dir} cannot be written: ${what}`, {
      retriable: false,
      cause: undefined,
    });
  }
}

async function using(handle: FileHandle, work: (handle: FileHandle) => Promise<void>): Promise<void> {
  try {
    await work(handle);
  } finally {
    await handle.close();
  }
}

async function openIfThere(file: string): Promise<FileHandle | undefined> {
  try {
    return await open(file, 'r+');
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return undefined;
    throw error;
  }
}

async function writeAt(handle: FileHandle, bytes: Uint8Array, position: number): Promise<void> {
  for (let done = 0; done < bytes.length; ) {
    const { bytesWritten } = await handle.write(bytes, done, bytes.length - done, position + done);
    done += bytesWritten;
  }
}
