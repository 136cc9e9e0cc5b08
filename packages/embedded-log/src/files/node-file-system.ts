import { statSync } from 'node:fs';
import { type FileHandle, mkdir, open, readdir, rm } from 'node:fs/promises';
import { setImmediate as nextTurn } from 'node:timers/promises';
import path from 'node:path';
import { LogError } from '@millrace/log-client';
import { Level } from 'level';
import type { FileSystem, LogFile } from './file-system.ts';

const lockFolder = 'lock';
/** As many as one call of the system takes. */
const maxPieces = 512;
/** So many sizes are looked up in one turn of the event loop: about a millisecond. */
const sizesATurn = 256;

class NodeFile implements LogFile {
  readonly #handle: FileHandle;

  constructor(handle: FileHandle) {
    this.#handle = handle;
  }

  async read(position: number, length: number): Promise<Buffer> {
    const buffer = Buffer.allocUnsafeSlow(length);
    let filled = 0;
    while (filled < length) {
      const { bytesRead } = await this.#handle.read(buffer, filled, length - filled, position + filled);
      if (bytesRead === 0) break;
      filled += bytesRead;
    }
    return filled === length ? buffer : buffer.subarray(0, filled);
  }

  async write(position: number, pieces: readonly Uint8Array[]): Promise<void> {
    let at = position;
    for (let first = 0; first < pieces.length; first += maxPieces) {
      const some = pieces.slice(first, first + maxPieces);
      const size = some.reduce((sum, piece) => sum + piece.length, 0);
      const written = some.length === 1 ? 0 : (await this.#handle.writev(some, at)).bytesWritten;
      if (written < size)
        await this.#writeWhole(
          at + written,
          some.length === 1 ? some[0]! : Buffer.concat(some).subarray(written),
        );
      at += size;
    }
  }

  /** The system may take less than it was given; what is left goes to the place where it belongs. */
  async #writeWhole(position: number, piece: Uint8Array): Promise<void> {
    for (let written = 0; written < piece.length; ) {
      const left = piece.length - written;
      written += (await this.#handle.write(piece, written, left, position + written)).bytesWritten;
    }
  }

  truncate(size: number): Promise<void> {
    return this.#handle.truncate(size);
  }

  sync(): Promise<void> {
    return this.#handle.datasync();
  }

  async size(): Promise<number> {
    return (await this.#handle.stat()).size;
  }

  close(): Promise<void> {
    return this.#handle.close();
  }
}

/** A real folder. Files are readable by their owner only. */
export class NodeFileSystem implements FileSystem {
  readonly location: string;

  constructor(dir: string) {
    this.location = path.resolve(dir);
  }

  async lock(): Promise<() => Promise<void>> {
    await mkdir(this.location, { recursive: true, mode: 0o700 });
    // Node has no flock; LevelDB holds one on its folder, which a killed process gives up by itself.
    const holder = new Level(path.join(this.location, lockFolder));
    try {
      await holder.open();
    } catch (error) {
      const cause = (error as Error).cause as { code?: string } | undefined;
      if (cause?.code !== 'LEVEL_LOCKED') throw error;
      throw new LogError(
        'LOG_LOCKED',
        `The log in ${this.location} is in use by another process or another EmbeddedLog: close that one, or give this one a folder of its own`,
        { cause: error },
      );
    }
    return () => holder.close();
  }

  async list(): Promise<string[]> {
    const entries = await readdir(this.location, { withFileTypes: true });
    return entries.filter((entry) => entry.isFile()).map((entry) => entry.name);
  }

  async open(name: string, mode: 'create' | 'existing'): Promise<LogFile> {
    const file = path.join(this.location, name);
    try {
      return new NodeFile(await open(file, 'r+'));
    } catch (error) {
      if (mode === 'existing' || (error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
      return new NodeFile(await open(file, 'w+', 0o600));
    }
  }

  async sizes(names: readonly string[]): Promise<number[]> {
    const sizes: number[] = [];
    for (const name of names) {
      // A call that does not wait takes a fourth of the time; other work has its turn in between.
      sizes.push(statSync(`${this.location}${path.sep}${name}`).size);
      if (sizes.length % sizesATurn === 0) await nextTurn();
    }
    return sizes;
  }

  remove(name: string): Promise<void> {
    return rm(path.join(this.location, name), { force: true });
  }

  async syncDirectory(): Promise<void> {
    const handle = await open(this.location, 'r');
    try {
      await handle.sync();
    } finally {
      await handle.close();
    }
  }
}
