import { LogError } from '@millrace/log-client';
import type { FileSystem, LogFile } from './file-system.ts';

interface Chunk {
  readonly position: number;
  readonly bytes: Uint8Array;
}

/** Keeps what is written as it came: an appended piece is held, not copied. */
class MemoryFile implements LogFile {
  #chunks: Chunk[] = [];
  #size = 0;

  async read(position: number, length: number): Promise<Buffer> {
    const end = Math.min(position + length, this.#size);
    if (end <= position) return Buffer.alloc(0);
    const buffer = Buffer.alloc(end - position);
    for (const { position: start, bytes } of this.#chunks) {
      if (start >= end || start + bytes.length <= position) continue;
      const from = Math.max(0, position - start);
      buffer.set(bytes.subarray(from, Math.min(bytes.length, end - start)), Math.max(0, start - position));
    }
    return buffer;
  }

  async write(position: number, pieces: readonly Uint8Array[]): Promise<void> {
    let at = position;
    for (const bytes of pieces) {
      this.#chunks.push({ position: at, bytes });
      at += bytes.length;
    }
    this.#size = Math.max(this.#size, at);
  }

  async truncate(size: number): Promise<void> {
    this.#chunks = this.#chunks
      .filter((chunk) => chunk.position < size)
      .map(({ position, bytes }) => ({ position, bytes: bytes.subarray(0, size - position) }));
    this.#size = size;
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

  async remove(name: string): Promise<void> {
    this.#files.delete(name);
  }

  async syncDirectory(): Promise<void> {}
}
