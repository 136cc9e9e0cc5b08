import { batchAt, batchSize, hasWholeBatch } from '@millrace/kafka-protocol';
import type { LogError } from '@millrace/log-client';
import type { MemoryRuns } from './memory-runs.ts';
import type { OpenFiles } from './open-files.ts';

/** What is read first after a seek: an index entry's worth, so that the first record comes soon. In bytes. */
const firstBytes = 128 << 10;

/** The segment that is read. */
export interface ChunkSource {
  readonly name: string;
  readonly size: number;
  readonly memory: MemoryRuns;
  corrupt(position: number): LogError;
}

interface Chunk {
  readonly position: number;
  readonly bytes: Buffer;
  /** The end of the last whole batch in it. */
  readonly end: number;
}

/** Reads a segment in chunks of whole batches, from memory where it is there, and one chunk ahead. */
export class ChunkReader {
  readonly #files: OpenFiles;
  readonly #source: ChunkSource;
  /** What was read last, while more of it, or of the file after it, is to come. */
  #last: Chunk | undefined;
  /** The bytes after it, on their way. */
  #ahead: { readonly position: number; readonly bytes: Promise<Buffer> } | undefined;

  constructor(files: OpenFiles, source: ChunkSource) {
    this.#files = files;
    this.#source = source;
  }

  /** Bytes from `position` on with at least one whole batch; the next ones are fetched meanwhile. */
  async at(position: number): Promise<Buffer> {
    const inMemory = this.#source.memory.at(position);
    if (inMemory !== undefined) return inMemory.bytes.subarray(position - inMemory.position);
    const last = this.#last;
    if (last !== undefined && position >= last.position && position < last.end) {
      this.#files.chunks.used(this);
      return last.bytes.subarray(position - last.position, last.end - last.position);
    }
    const ahead =
      this.#ahead?.position === position
        ? this.#ahead.bytes
        : this.#fetch(position, Math.min(firstBytes, this.#files.chunks.chunkBytes));
    this.#ahead = undefined;
    let bytes = await ahead;
    let end = wholeBatches(bytes);
    if (end === 0) {
      bytes = await this.#fetch(position, this.#sizeOfBatch(bytes, position));
      end = wholeBatches(bytes);
      if (end === 0) throw this.#source.corrupt(position);
    }
    this.#hold({ position, bytes, end: position + end });
    return bytes.subarray(0, end);
  }

  /** Keeps a chunk, and fetches the one after it where there is one. */
  #hold(chunk: Chunk): void {
    const { chunks } = this.#files;
    const { readsAhead, chunkBytes } = chunks;
    const isLast = this.#endsAt(chunk.end);
    // Batches are read whole: with very many segments in work, one that was the only one of its chunk goes.
    const isReadWhole = !readsAhead && batchSize(chunk.bytes, 0) === chunk.end - chunk.position;
    this.#last = isReadWhole ? undefined : chunk;
    const isAhead = !isLast && readsAhead;
    chunks.hold(this, (isReadWhole ? 0 : chunk.bytes.length) + (isAhead ? chunkBytes : 0));
    if (!isAhead) return;
    const bytes = this.#fetch(chunk.end);
    // The read that needs these bytes rejects with this error; without a listener here it would count as
    // unhandled.
    bytes.catch(() => {});
    this.#ahead = { position: chunk.end, bytes };
  }

  /** Whether no more of the file is to be read from here on. */
  #endsAt(position: number): boolean {
    return position >= this.#source.size || this.#source.memory.at(position) !== undefined;
  }

  /** All before `position` has been read: the last chunk of the file goes once it is behind. */
  passed(position: number): void {
    const end = this.#last?.end ?? position;
    if (position >= end && this.#endsAt(end)) this.release();
  }

  /** Releases what was read. */
  release(): void {
    this.#files.chunks.drop(this);
    this.#last = undefined;
    this.#ahead = undefined;
  }

  #fetch(position: number, length = this.#files.chunks.chunkBytes): Promise<Buffer> {
    const end = this.#source.memory.positionAfter(position) ?? this.#source.size;
    return this.#files.read(this.#source.name, position, Math.min(length, end - position));
  }

  #sizeOfBatch(chunk: Buffer, position: number): number {
    const size = chunk.length < batchAt.leaderEpoch ? 0 : batchSize(chunk, 0);
    if (size <= chunk.length || position + size > this.#source.size) throw this.#source.corrupt(position);
    return size;
  }
}

/** How many bytes of a chunk are whole batches. */
function wholeBatches(chunk: Buffer): number {
  let at = 0;
  while (hasWholeBatch(chunk, at)) at += batchSize(chunk, at);
  return at;
}
