import type { FileSystem, LogFile } from '../../files/file-system.ts';
import { HeldChunks } from './held-chunks.ts';
import { openFileLimit } from './open-file-limit.ts';
import { ioError } from '../io-error.ts';

interface OpenFile {
  readonly file: Promise<LogFile>;
  /** Once it is open: what is asked of it begins at once. */
  opened?: LogFile;
  uses: number;
  evicted: boolean;
}

/**
 * Node has four threads for files, and a sync takes one for as long as the device needs. Commits need some
 * meanwhile, and the end of a journal one.
 */
const backgroundSyncs = 2;

type Mode = 'create' | 'existing';

/**
 * The segment files of a log, kept open for the next use. Limited in number; the least recently used is
 * closed first.
 */
export class OpenFiles {
  readonly #fileSystem: FileSystem;
  readonly #limit: number;
  /** In the order of their last use. */
  readonly #open = new Map<string, OpenFile>();
  /** Files written to since their last sync. */
  readonly #unsynced = new Set<string>();
  /** Files being synced, and files whose entry in the folder is not durable yet. */
  readonly #syncing = new Map<string, Promise<void>>();
  readonly #created = new Set<string>();
  /** Files that are there. */
  readonly #known = new Set<string>();
  /** Files that hold what nothing else holds, so that a failed sync of them is a loss. */
  readonly #irreplaceable = new Set<string>();
  /** The failed sync of a file that held what nothing else held: another sync of it would lie. */
  lost: unknown;
  readonly chunks = new HeldChunks();

  constructor(fileSystem: FileSystem, limit = openFileLimit()) {
    this.#fileSystem = fileSystem;
    this.#limit = limit;
  }

  /** Says that a file is there, and durably so. */
  adopt(name: string): void {
    this.#known.add(name);
  }

  get location(): string {
    return this.#fileSystem.location;
  }

  async read(name: string, position: number, length: number): Promise<Buffer> {
    try {
      return await this.#use(name, 'existing', (file) => file.read(position, length));
    } catch (error) {
      throw ioError(error, `read ${name}`, this.location);
    }
  }

  /** A whole file, which is closed again. */
  async readWhole(name: string): Promise<Buffer> {
    const bytes = await this.#use(name, 'existing', async (file) => file.read(0, await file.size()));
    this.#close(name);
    return bytes;
  }

  /** Writes a whole file, which is closed again. What it held before may be lost in a crash. */
  async replace(name: string, bytes: Uint8Array): Promise<void> {
    await this.#use(name, 'create', async (file) => {
      await file.write(0, [bytes]);
      await file.truncate(bytes.length);
    });
    this.#close(name);
  }

  /**
   * Writes into a file, which is created where it is not there. {@link syncWritten} makes that durable;
   * `again` says that it can be written again should that fail.
   */
  async write(
    name: string,
    position: number,
    pieces: readonly Uint8Array[],
    { again }: { readonly again: boolean },
  ): Promise<void> {
    if (!again) this.#irreplaceable.add(name);
    await this.#use(name, 'create', (file) => file.write(position, pieces));
    this.#unsynced.add(name);
  }

  /** Cuts off what a file has beyond a size; one that is not there has nothing. */
  async cut(name: string, size: number): Promise<void> {
    await this.#use(name, 'create', (file) => file.truncate(size));
    this.#unsynced.add(name);
  }

  /** Makes durable what has been written to some files so far, all at once: a commit waits for them. */
  syncSome(names: Iterable<string>): Promise<void> {
    return this.#syncAll([...names], Number.POSITIVE_INFINITY);
  }

  /** Makes durable what has been written so far, a few files at a time: commits go on meanwhile. */
  syncWritten(): Promise<void> {
    return this.#syncAll([...new Set([...this.#unsynced, ...this.#syncing.keys()])], backgroundSyncs);
  }

  async #syncAll(names: readonly string[], atOnce: number): Promise<void> {
    const syncs = names.map((name) => () => this.#sync(name));
    if (names.some((name) => this.#created.has(name))) syncs.push(() => this.#syncFolder());
    const failures: unknown[] = [];
    const left = syncs.values();
    const syncInTurn = async (): Promise<void> => {
      for (const sync of left) await sync().catch((error: unknown) => failures.push(error));
    };
    await Promise.all(Array.from({ length: Math.min(atOnce, syncs.length) }, syncInTurn));
    if (failures.length > 0) throw failures[0];
    if (this.lost !== undefined) throw this.lost;
  }

  /** Syncs a file, or waits for the sync that is under way and has begun after the last write. */
  async #sync(name: string): Promise<void> {
    if (!this.#unsynced.delete(name)) return this.#syncing.get(name);
    const sync = this.#use(name, 'existing', (file) => file.sync());
    this.#syncing.set(name, sync);
    try {
      await sync;
    } catch (error) {
      this.#unsynced.add(name);
      if (this.#irreplaceable.has(name)) this.lost ??= error;
      throw error;
    } finally {
      if (this.#syncing.get(name) === sync) this.#syncing.delete(name);
    }
    if (!this.#unsynced.has(name)) this.#irreplaceable.delete(name);
  }

  async #syncFolder(): Promise<void> {
    const created = [...this.#created];
    await this.#fileSystem.syncDirectory();
    for (const name of created) this.#created.delete(name);
  }

  async #use<T>(name: string, mode: Mode, action: (file: LogFile) => Promise<T>): Promise<T> {
    const one: OpenFile = this.#open.get(name) ?? {
      file: this.#openFile(name, mode),
      uses: 0,
      evicted: false,
    };
    this.#open.delete(name);
    this.#open.set(name, one);
    one.uses++;
    try {
      one.opened ??= await one.file;
      return await action(one.opened);
    } catch (error) {
      this.#forget(name, one);
      throw error;
    } finally {
      one.uses--;
      this.#closeIfUnused(one);
      this.#evict();
    }
  }

  #openFile(name: string, mode: Mode): Promise<LogFile> {
    if (mode === 'create' && !this.#known.has(name)) {
      this.#known.add(name);
      this.#created.add(name);
    }
    return this.#fileSystem.open(name, mode);
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
    if (!one.evicted || one.uses > 0) return;
    // Whatever was read has been read; a failed open has nothing to close.
    one.file.then((file) => file.close()).catch(() => {});
  }

  #close(name: string): void {
    const one = this.#open.get(name);
    if (one === undefined) return;
    this.#forget(name, one);
    this.#closeIfUnused(one);
  }

  /** Closes files that were removed: the system frees their space only once they are closed. */
  forget(names: readonly string[]): void {
    for (const name of names) {
      this.#unsynced.delete(name);
      this.#created.delete(name);
      this.#known.delete(name);
      this.#irreplaceable.delete(name);
      this.#close(name);
    }
  }

  /** Closes what is not in use; the rest is closed by its user. */
  close(): void {
    for (const name of this.#open.keys()) this.#close(name);
  }
}
