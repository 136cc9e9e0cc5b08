import { LogError, type LogRecord } from '@millrace/log-client';
import { batchHeaderBytes, batchIsIntact, readBatch, readBatchHeader } from '../format/record-batch.ts';
import type { OpenFiles } from './open-files.ts';

const chunkBytes = 1 << 20;
/** One index entry for this many bytes: about 50 kB of heap for a gigabyte, however small its batches are. */
const indexBytes = 64 << 10;

interface ChunkRead {
  /** The first offset wanted. */
  readonly offset: number;
  readonly maxRecords: number;
  /** What has been read so far. */
  readonly records: LogRecord[];
}

/** A file of consecutive batches of one partition. Only its first `size` bytes count. */
export class Segment {
  readonly name: string;
  readonly baseOffset: number;
  size: number;
  readonly #files: OpenFiles;
  /** Where some batches start, ascending: a cache, filled as the file is read. */
  readonly #index: { readonly offset: number; readonly position: number }[];

  /** Where the last read ended, so that the next one need not look for its place. */
  #next: { readonly offset: number; readonly position: number } | undefined;
  /** The bytes read last, up to the end of the last whole batch in them. */
  #chunk: { readonly position: number; readonly bytes: Buffer; readonly end: number } | undefined;
  /** The bytes after them, on their way. */
  #ahead: { readonly position: number; readonly bytes: Promise<Buffer> } | undefined;

  constructor(files: OpenFiles, name: string, baseOffset: number, size: number) {
    this.#files = files;
    this.name = name;
    this.baseOffset = baseOffset;
    this.size = size;
    this.#index = [{ offset: baseOffset, position: 0 }];
  }

  /** How much of the heap the index takes, in entries. */
  get indexEntries(): number {
    return this.#index.length;
  }

  /** Reads records from `offset` on: at least one batch, about `maxRecords` at most. */
  async read(offset: number, maxRecords: number): Promise<LogRecord[]> {
    const records: LogRecord[] = [];
    const read = { offset, maxRecords, records };
    let position = this.#next?.offset === offset ? this.#next.position : this.#positionBefore(offset);
    while (position < this.size && records.length < maxRecords) {
      const chunk = await this.#chunkAt(position);
      const used = this.#readChunk(chunk, position, read);
      if (used === 0) throw this.#corrupt(position);
      position += used;
    }
    const last = records.at(-1);
    if (last !== undefined) this.#next = { offset: last.offset + 1, position };
    return records;
  }

  /** Bytes from `position` on with at least one whole batch; the next ones are fetched meanwhile. */
  async #chunkAt(position: number): Promise<Buffer> {
    const kept = this.#chunk;
    if (kept !== undefined && position >= kept.position && position < kept.end) {
      return kept.bytes.subarray(position - kept.position);
    }
    const ahead = this.#ahead?.position === position ? this.#ahead.bytes : this.#fetch(position, chunkBytes);
    this.#ahead = undefined;
    let bytes = await ahead;
    let end = wholeBatches(bytes);
    if (end === 0) {
      bytes = await this.#fetch(position, this.#batchSize(bytes, position));
      end = wholeBatches(bytes);
    }
    this.#chunk = { position, bytes, end: position + end };
    const next = position + end;
    if (next < this.size) {
      const fetched = this.#fetch(next, chunkBytes);
      // The read that needs these bytes rejects with this error; without a listener here it would count as
      // unhandled.
      fetched.catch(() => {});
      this.#ahead = { position: next, bytes: fetched };
    } else {
      this.#chunk = undefined;
    }
    return bytes;
  }

  #fetch(position: number, length: number): Promise<Buffer> {
    return this.#files.read(this.name, position, Math.min(length, this.size - position));
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
  #readChunk(chunk: Buffer, position: number, { offset, maxRecords, records }: ChunkRead): number {
    let at = 0;
    while (at + batchHeaderBytes <= chunk.length && records.length < maxRecords) {
      const { size, baseOffset, count } = readBatchHeader(chunk, at);
      if (at + size > chunk.length) break;
      if (!batchIsIntact(chunk, at, size)) throw this.#corrupt(position + at);
      const last = this.#index.at(-1)!;
      if (position + at >= last.position + indexBytes)
        this.#index.push({ offset: baseOffset, position: position + at });
      if (baseOffset + count > offset) readBatch(chunk, at, offset, records);
      at += size;
    }
    return at;
  }

  #corrupt(position: number): LogError {
    return new LogError(
      'LOG_CORRUPT',
      `Segment ${this.name} in ${this.#files.location} is damaged at byte ${position}: restore the file from a backup. Other partitions are not affected`,
    );
  }
}

/** How many bytes of a chunk are whole batches. */
function wholeBatches(chunk: Buffer): number {
  let at = 0;
  while (at + batchHeaderBytes <= chunk.length) {
    const end = at + chunk.readUInt32LE(at) + 4;
    if (end > chunk.length) break;
    at = end;
  }
  return at;
}
