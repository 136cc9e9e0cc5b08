import { LogError, type LogRecord, topicPartitionKey } from '@millrace/log-client';
import type { FramedBatch } from '../format/frame.ts';
import { readBatch } from '../format/record-batch.ts';
import type { Segment } from './segment.ts';

export interface PartitionLogOptions {
  readonly topic: { readonly id: number; readonly name: string };
  readonly partition: number;
  /** The first offset that can be read. Default: 0. */
  readonly start?: number;
  /** The next offset. Default: 0. */
  readonly end?: number;
  readonly segments?: Segment[];
}

/**
 * One partition: segment files for what checkpoints have written out, batches in memory for what the journal
 * alone holds so far. Everything in here is committed.
 */
export class PartitionLog {
  readonly topicId: number;
  readonly topic: string;
  readonly partition: number;
  readonly segments: Segment[];
  start: number;
  end: number;
  /** Its topic has been deleted; one of the same name that exists now is another one. */
  isDeleted = false;
  #batches: FramedBatch[] = [];
  /** How many of the batches a running checkpoint is writing out. */
  #frozen = 0;

  constructor({ topic, partition, start = 0, end = 0, segments = [] }: PartitionLogOptions) {
    this.topicId = topic.id;
    this.topic = topic.name;
    this.partition = partition;
    this.start = start;
    this.end = end;
    this.segments = segments;
  }

  append(batch: FramedBatch): void {
    if (batch.baseOffset !== this.end) {
      throw new LogError(
        'LOG_CORRUPT',
        `${this.#name()} ends at offset ${this.end}, but the journal continues at ${batch.baseOffset}`,
      );
    }
    this.#batches.push(batch);
    this.end += batch.count;
  }

  /** Moves the start forward; the segments and batches before it go with the next checkpoint. */
  moveStart(offset: number): void {
    this.start = Math.max(this.start, Math.min(offset, this.end));
    if (this.#frozen === 0 && this.segments.length === 0) this.#dropBefore();
  }

  #dropBefore(): void {
    let gone = 0;
    for (const { baseOffset, count } of this.#batches) {
      if (baseOffset + count > this.start) break;
      gone++;
    }
    if (gone > 0) this.#batches.splice(0, gone);
  }

  /**
   * Marks what is in memory now as the part that a checkpoint writes out, and gives what of it is not
   * deleted.
   */
  freeze(): readonly FramedBatch[] {
    this.#frozen = this.#batches.length;
    return this.#batches.filter(({ baseOffset, count }) => baseOffset + count > this.start);
  }

  /** The frozen part stands in segments now (`written`), or stays in memory after a failure. */
  thaw(written: boolean): void {
    if (written) this.#batches.splice(0, this.#frozen);
    this.#frozen = 0;
  }

  /**
   * Records from `offset` on, at least one where there is one, whole batches, about `maxRecords` at most.
   * A promise only where a file has to be read.
   * @throws LogError `LOG_OFFSET_OUT_OF_RANGE`
   */
  read(offset: number, maxRecords: number): LogRecord[] | Promise<LogRecord[]> {
    this.#assertReadable(offset);
    if (offset === this.end) return [];
    const first = this.#batches[0];
    if (first !== undefined && offset >= first.baseOffset) return this.#readMemory(offset, maxRecords);
    return this.#readSegment(offset, maxRecords);
  }

  #readMemory(offset: number, maxRecords: number): LogRecord[] {
    const records: LogRecord[] = [];
    let index = this.#batchAt(offset);
    while (index < this.#batches.length && records.length < maxRecords) {
      readBatch(this.#batches[index++]!.bytes, 0, offset, records);
    }
    return records;
  }

  #batchAt(offset: number): number {
    let low = 0;
    let high = this.#batches.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if (this.#batches[middle]!.baseOffset <= offset) low = middle;
      else high = middle - 1;
    }
    return low;
  }

  async #readSegment(offset: number, maxRecords: number): Promise<LogRecord[]> {
    const segment = this.segments.findLast((one) => one.baseOffset <= offset);
    let records: LogRecord[] = [];
    try {
      if (segment !== undefined) records = await segment.read(offset, maxRecords);
    } catch (error) {
      // The file may have gone because its records were deleted meanwhile.
      this.#assertReadable(offset);
      throw error;
    }
    if (records.length === 0 && offset >= this.start) {
      throw new LogError(
        'LOG_CORRUPT',
        `${this.#name()} has no record at offset ${offset}, though its range says so`,
      );
    }
    return records;
  }

  /** @throws LogError `LOG_UNKNOWN_TOPIC` once its topic has been deleted */
  assertExists(): void {
    if (!this.isDeleted) return;
    throw new LogError(
      'LOG_UNKNOWN_TOPIC',
      `${this.#name()} cannot be read: topic "${this.topic}" was deleted while it was being read`,
    );
  }

  #assertReadable(offset: number): void {
    this.assertExists();
    if (offset < this.start || offset > this.end) throw this.#outOfRange(offset);
  }

  #outOfRange(offset: number): LogError {
    return new LogError(
      'LOG_OFFSET_OUT_OF_RANGE',
      `Offset ${offset} of ${this.#name()} is out of range: it holds ${this.start} to ${this.end}`,
    );
  }

  #name(): string {
    return `Partition ${topicPartitionKey(this.topic, this.partition)}`;
  }
}
