import { LogError } from '@millrace/log-client';
import { lastWhere } from '../last-where.ts';
import type { FileSystem, LogFile } from './file-system.ts';

interface Chunk {
  readonly position: number;
  readonly bytes: Uint8Array;
}

/** Pieces of less than this on average are joined when they are written. In bytes. */
const smallPiece = 4096;

/** Keeps what is written as it came: a large piece that is appended is held, not copied. */
class MemoryFile implements LogFile {
  /** By position, without gaps or overlaps. */
  #chunks: Chunk[] = [];
  #size = 0;

  async read(position: number, length: number): Promise<Buffer> {
    const end = Math.min(position + length, this.#size);
    if (end <= position) return Buffer.alloc(0);
    const buffer = Buffer.allocUnsafeSlow(end - position);
    for (
      let index = lastWhere(this.#chunks, (chunk) => chunk.position <= position);
      index < this.#chunks.length;
      index++
    ) {
      const { position: start, bytes } = this.#chunks[index]!;
      if (start >= end) break;
      const from = Math.max(0, position - start);
      buffer.set(bytes.subarray(from, Math.min(bytes.length, end - start)), Math.max(0, start - position));
    }
    return buffer;
  }

  async write(position: number, pieces: readonly Uint8Array[]): Promise<void> {
    const total = pieces.reduce((sum, { length }) => sum + length, 0);
    const isSmall = pieces.length > 1 && total < smallPiece * pieces.length;
    let at = position;
    for (const bytes of isSmall ? [Buffer.concat(pieces)] : pieces) {
      this.#put({ position: at, bytes });
      at += bytes.length;
    }
  }

  #put(chunk: Chunk): void {
    const end = chunk.position + chunk.bytes.length;
    if (chunk.bytes.length === 0) return;
    if (chunk.position > this.#size) {
      this.#chunks.push({ position: this.#size, bytes: Buffer.alloc(chunk.position - this.#size) });
    }
    if (chunk.position < this.#size) {
      const after = this.#chunks.flatMap(({ position, bytes }) => {
        const from = Math.max(position, end);
        return from >= position + bytes.length
          ? []
          : [{ position: from, bytes: bytes.subarray(from - position) }];
      });
      this.#cut(chunk.position);
      this.#chunks.push(chunk, ...after);
    } else {
      this.#chunks.push(chunk);
    }
    this.#size = Math.max(this.#size, end);
  }

  async truncate(size: number): Promise<void> {
    if (size > this.#size) this.#put({ position: this.#size, bytes: Buffer.alloc(size - this.#size) });
    else this.#cut(size);
    this.#size = size;
  }

  /** Forgets what is from a position on. */
  #cut(size: number): void {
    this.#chunks = this.#chunks
      .filter((chunk) => chunk.position < size)
      .map(({ position, bytes }) => ({ position, bytes: bytes.subarray(0, size - position) }));
  }

  async sync(): Promise<void> {}

  async size(): Promise<number> {
    return this.#size;
  }

  async close(): Promise<void> {}
}

/**
 * A folder that lives as long as this object: for tests, and for logs that need not outlive their process.
 */
export class MemoryFileSystem implements FileSystem {
  readonly location = 'memory';
  readonly #files = new Map<string, MemoryFile>();
  #locked = false;

  async lock(): Promise<() => Promise<void>> {
    if (this.#locked) throw new LogError('LOG_LOCKED', 'The in-memory log is open already: close it first');
    this.#locked = true;
    return async () => {
      this.#locked = false;
    };
  }

  async list(): Promise<string[]> {
    return [...this.#files.keys()];
  }

  async open(name: string, mode: 'create' | 'existing'): Promise<LogFile> {
    let file = this.#files.get(name);
    if (file === undefined) {
      if (mode === 'existing') throw Object.assign(new Error(`no such file: ${name}`), { code: 'ENOENT' });
      file = new MemoryFile();
      this.#files.set(name, file);
    }
    return file;
  }

  sizes(names: readonly string[]): Promise<number[]> {
    return Promise.all(names.map(async (name) => (await this.open(name, 'existing')).size()));
  }

  async remove(name: string): Promise<void> {
    this.#files.delete(name);
  }

  async syncDirectory(): Promise<void> {}
}
