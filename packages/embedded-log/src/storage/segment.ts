import { LogError, type LogRecord } from '@millrace/log-client';
import type { FileSystem } from '../files/file-system.ts';
import { batchHeaderBytes, batchIsIntact, readBatch, readBatchHeader } from '../format/record-batch.ts';

const chunkBytes = 1 << 20;

/** A file of consecutive batches of one partition. Only its first `size` bytes count. */
export class Segment {
  readonly name: string;
  readonly baseOffset: number;
  size: number;
  readonly #fileSystem: FileSystem;
  /** Where some batches start, ascending: a cache, filled as the file is read. */
  readonly #index: { readonly offset: number; readonly position: number }[];

  constructor(fileSystem: FileSystem, name: string, baseOffset: number, size: number) {
    this.#fileSystem = fileSystem;
    this.name = name;
    this.baseOffset = baseOffset;
    this.size = size;
    this.#index = [{ offset: baseOffset, position: 0 }];
  }

  /** Reads records from `offset` on: at least one batch, about `maxRecords` at most. */
  async read(offset: number, maxRecords: number): Promise<LogRecord[]> {
    const file = await this.#fileSystem.open(this.name, 'existing');
    try {
      const records: LogRecord[] = [];
      let position = this.#positionBefore(offset);
      let wanted = chunkBytes;
      while (position < this.size && records.length < maxRecords) {
        const chunk = await file.read(position, Math.min(wanted, this.size - position));
        const used = this.#readChunk(chunk, position, offset, maxRecords, records);
        // A batch larger than the chunk: take all of it the next time.
        if (used === 0) wanted = this.#batchSize(chunk, position);
        position += used;
      }
      return records;
    } finally {
      await file.close();
    }
  }

  #positionBefore(offset: number): number {
    let low = 0;
    let high = this.#index.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if (this.#index[middle]!.offset <= offset) low = middle;
      else high = middle - 1;
    }
    return this.#index[low]!.position;
  }

  #batchSize(chunk: Buffer, position: number): number {
    const size = chunk.length < 4 ? 0 : chunk.readUInt32LE(0) + 4;
    if (size <= chunk.length || position + size > this.size) throw this.#corrupt(position);
    return size;
  }

  /** Takes whole batches out of a chunk; returns how many bytes they were. */
  #readChunk(
    chunk: Buffer,
    position: number,
    offset: number,
    maxRecords: number,
    records: LogRecord[],
  ): number {
    let at = 0;
    while (at + batchHeaderBytes <= chunk.length && records.length < maxRecords) {
      const { size, baseOffset, count } = readBatchHeader(chunk, at);
      if (at + size > chunk.length) break;
      if (!batchIsIntact(chunk, at, size)) throw this.#corrupt(position + at);
      const last = this.#index.at(-1)!;
      if (baseOffset > last.offset) this.#index.push({ offset: baseOffset, position: position + at });
      if (baseOffset + count > offset) readBatch(chunk, at, offset, records);
      at += size;
    }
    return at;
  }

  #corrupt(position: number): LogError {
    return new LogError(
      'LOG_CORRUPT',
      `Segment ${this.name} in ${this.#fileSystem.location} is damaged at byte ${position}: restore the file from a backup. Other partitions are not affected`,
    );
  }
}
