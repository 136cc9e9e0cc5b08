import {
  batchAt,
  batchHeaderBytes,
  batchSize,
  compress,
  compressionOf,
  transactionalFlag,
  writeBatchChecksum,
} from '@millrace/kafka-protocol';
import { readLong, writeLong } from '@millrace/log-client';
import type { FileSystem, LogFile } from '../files/file-system.ts';
import { indexName } from '../format/file-names.ts';
import { encodeIndex } from '../format/segment-index.ts';
import { SparseIndex } from '../storage/segments/sparse-index.ts';
import type { SourceBatch } from './segment-source.ts';

const flushBytes = 1 << 20;

/** What is written of a compacted segment. */
export interface SinkResult {
  readonly bytes: number;
  readonly maxTimestamp: number;
}

/**
 * Writes the batches that are left of some segments as one. They follow each other without gaps in offsets,
 * as everywhere: a batch stands for the offsets after it that hold nothing any more, an empty batch for those
 * before the first.
 */
export class SegmentSink {
  readonly #file: LogFile;
  readonly #index: SparseIndex;
  readonly #baseOffset: number;
  #buffer = Buffer.allocUnsafeSlow(2 * flushBytes);
  /** How much of the buffer is used; the last batch, from {@link #last} on, may still change. */
  #used = 0;
  #last = -1;
  #position = 0;
  #maxTimestamp = -1;

  private constructor(file: LogFile, baseOffset: number) {
    this.#file = file;
    this.#baseOffset = baseOffset;
    this.#index = new SparseIndex(baseOffset);
  }

  static async create(fileSystem: FileSystem, name: string, baseOffset: number): Promise<SegmentSink> {
    return new SegmentSink(await fileSystem.open(name, 'create'), baseOffset);
  }

  /** Adds a batch with `count` records, which are `records`; all else is as in the batch they are from. */
  async add({ source, at }: SourceBatch, count: number, records: Buffer): Promise<void> {
    const compression = compressionOf(source, at);
    const body = compress(compression, records);
    await this.#makeRoom(2 * batchHeaderBytes + body.length);
    const baseOffset = readLong(source, at);
    if (this.#last >= 0) this.#extendTo(baseOffset);
    else if (baseOffset > this.#baseOffset) this.#fill(source, at, baseOffset);
    const start = this.#used;
    const end = start + batchHeaderBytes + body.length;
    source.copy(this.#buffer, start, at, at + batchHeaderBytes);
    this.#buffer.set(body, start + batchHeaderBytes);
    this.#buffer.writeInt32BE(end - start - batchAt.leaderEpoch, start + batchAt.length);
    this.#buffer.writeInt32BE(count, start + batchAt.count);
    // Its transaction was committed: nothing else would have been left of it.
    const attributes = this.#buffer.readInt16BE(start + batchAt.attributes);
    this.#buffer.writeInt16BE(attributes & ~transactionalFlag, start + batchAt.attributes);
    this.#begin(start, end, baseOffset, readLong(source, at + batchAt.maxTimestamp));
  }

  async #makeRoom(bytes: number): Promise<void> {
    if (this.#used + bytes > this.#buffer.length) await this.#flush();
    if (this.#used + bytes <= this.#buffer.length) return;
    const grown = Buffer.allocUnsafeSlow(this.#used + bytes + flushBytes);
    this.#buffer.copy(grown, 0, 0, this.#used);
    this.#buffer = grown;
  }

  /** An empty batch for the offsets before the first that is left. */
  #fill(source: Buffer, at: number, nextOffset: number): void {
    const start = this.#used;
    const end = start + batchHeaderBytes;
    source.copy(this.#buffer, start, at, at + batchHeaderBytes);
    writeLong(this.#buffer, this.#baseOffset, start);
    this.#buffer.writeInt32BE(batchHeaderBytes - batchAt.leaderEpoch, start + batchAt.length);
    this.#buffer.writeInt16BE(0, start + batchAt.attributes);
    this.#buffer.writeInt32BE(nextOffset - this.#baseOffset - 1, start + batchAt.lastOffsetDelta);
    this.#buffer.writeInt32BE(0, start + batchAt.count);
    writeLong(this.#buffer, -1, start + batchAt.maxTimestamp);
    this.#begin(start, end, this.#baseOffset, -1);
  }

  #begin(start: number, end: number, offset: number, maxTimestamp: number): void {
    this.#index.note({ offset, position: this.#position + start, maxTimestampBefore: this.#maxTimestamp });
    this.#maxTimestamp = Math.max(this.#maxTimestamp, maxTimestamp);
    this.#last = start;
    this.#used = end;
    writeBatchChecksum(this.#buffer, start, end);
  }

  /** Lets the last batch stand for all offsets before this one. */
  #extendTo(offset: number): void {
    const delta = offset - readLong(this.#buffer, this.#last) - 1;
    if (delta === this.#buffer.readInt32BE(this.#last + batchAt.lastOffsetDelta)) return;
    this.#buffer.writeInt32BE(delta, this.#last + batchAt.lastOffsetDelta);
    writeBatchChecksum(this.#buffer, this.#last, this.#last + batchSize(this.#buffer, this.#last));
  }

  /** Writes what is complete; the last batch stays. */
  async #flush(): Promise<void> {
    const end = this.#last < 0 ? this.#used : this.#last;
    if (end === 0) return;
    await this.#file.write(this.#position, [Buffer.from(this.#buffer.subarray(0, end))]);
    this.#buffer.copyWithin(0, end, this.#used);
    this.#position += end;
    this.#used -= end;
    if (this.#last >= 0) this.#last -= end;
  }

  /** Writes the rest durably, and the index. `endOffset` is where the next segment begins. */
  async finish(fileSystem: FileSystem, name: string, endOffset: number): Promise<SinkResult> {
    try {
      if (this.#last >= 0) this.#extendTo(endOffset);
      this.#last = -1;
      await this.#flush();
      await this.#file.truncate(this.#position);
      await this.#file.sync();
    } finally {
      await this.#file.close();
    }
    const result = { bytes: this.#position, maxTimestamp: this.#maxTimestamp };
    if (result.bytes === 0) {
      await fileSystem.remove(name);
      return result;
    }
    const index = await fileSystem.open(indexName(name), 'create');
    try {
      const bytes = encodeIndex(this.#index.upTo(result.bytes));
      await index.write(0, [bytes]);
      await index.truncate(bytes.length);
    } finally {
      await index.close();
    }
    return result;
  }

  async abandon(): Promise<void> {
    await this.#file.close();
  }
}
