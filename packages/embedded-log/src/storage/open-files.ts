import type { FileSystem, LogFile } from '../files/file-system.ts';
import { ioError } from './journal.ts';

interface OpenFile {
  readonly file: Promise<LogFile>;
  reads: number;
  evicted: boolean;
}

/**
 * Files that are being read, kept open for the next read. Limited in number; the least recently used is
 * closed first.
 */
export class OpenFiles {
  readonly #fileSystem: FileSystem;
  readonly #limit: number;
  /** In the order of their last use. */
  readonly #open = new Map<string, OpenFile>();

  constructor(fileSystem: FileSystem, limit = 128) {
    this.#fileSystem = fileSystem;
    this.#limit = limit;
  }

  get location(): string {
    return this.#fileSystem.location;
  }

  async read(name: string, position: number, length: number): Promise<Buffer> {
    const one = this.#open.get(name) ?? {
      file: this.#fileSystem.open(name, 'existing'),
      reads: 0,
      evicted: false,
    };
    this.#open.delete(name);
    this.#open.set(name, one);
    one.reads++;
    try {
      return await (await one.file).read(position, length);
    } catch (error) {
      this.#forget(name, one);
      throw ioError(error, `read ${name}`, this.location);
    } finally {
      one.reads--;
      this.#closeIfUnused(one);
      this.#evict();
    }
  }

  #evict(): void {
    for (const [name, one] of this.#open) {
      if (this.#open.size <= this.#limit) return;
      this.#forget(name, one);
      this.#closeIfUnused(one);
    }
  }

  #forget(name: string, one: OpenFile): void {
    if (this.#open.get(name) === one) this.#open.delete(name);
    one.evicted = true;
  }

  #closeIfUnused(one: OpenFile): void {
    if (!one.evicted || one.reads > 0) return;
    // Whatever was read has been read; a failed open has nothing to close.
    one.file.then((file) => file.close()).catch(() => {});
  }

  /** Lets go of files that were removed: the system frees their space only once they are closed. */
  forget(names: readonly string[]): void {
    for (const name of names) {
      const one = this.#open.get(name);
      if (one === undefined) continue;
      this.#forget(name, one);
      this.#closeIfUnused(one);
    }
  }

  /** Closes what is not being read; the rest is closed by its reader. */
  close(): void {
    this.forget([...this.#open.keys()]);
  }
}
