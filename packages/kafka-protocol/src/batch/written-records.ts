import type { LogRecord, ProducerRecord, RecordList, RecordSequence } from '@millrace/log-client';
import { GrowingMemory } from './batch-memory.ts';
import { batchHeaderBytes } from './layout.ts';
import { readRecords } from './read-records.ts';
import {
  type BatchFields,
  type BatchLimits,
  compressedBound,
  finishBatch,
  invalidTime,
} from './write-batch.ts';
import { bytesPerUnit, leastRecordBytes, recordBytes, writeRecord } from './write-record.ts';

/** Records of a list that are written as one batch. */
export interface WrittenBatch {
  /** The place of its first record in the list. */
  readonly from: number;
  count: number;
  readonly start: number;
  end: number;
  /** The first record's timestamp, which those of the others are relative to. */
  readonly base: number;
  maxTimestamp: number;
}

/** A record that takes more than this part of a batch gets one of its own: it may be refused alone. */
const aloneFrom = 1 / 8;
const leastRoom = 1024;
const mostExpected = 16 << 20;

/** Records as batches have them, but for the headers of the batches: encoded when they are added. */
export class WrittenRecords implements RecordList {
  readonly #limits: BatchLimits;
  readonly #firstRoom: number;
  readonly #batches: WrittenBatch[] = [];
  #last: WrittenBatch | undefined;
  readonly #memory = new GrowingMemory(0);
  #target = this.#memory.bytes;
  #end = 0;
  readonly copies = true;
  length = 0;
  /** The place of the record that takes most, and how many bytes that is. */
  largestAt = 0;
  largestBytes = 0;

  /** `expectedBytes`: about what will be added, so that memory is taken once. */
  constructor(limits: BatchLimits, expectedBytes = 0) {
    this.#limits = limits;
    this.#firstRoom = Math.max(leastRoom, Math.min(expectedBytes, mostExpected));
  }

  /** @throws LogError `LOG_INVALID_RECORD` for a timestamp that is no whole number */
  push(record: ProducerRecord): void {
    const { timestamp } = record;
    if (!Number.isSafeInteger(timestamp)) throw invalidTime(timestamp);
    const least = leastRecordBytes(record);
    if (this.#end + bytesPerUnit * least > this.#target.length) this.#grow(recordBytes(record));
    const start = this.#end;
    const last = this.#last;
    const fits = last !== undefined && this.#fits(last, start - last.start, least);
    const end = fits
      ? writeRecord(this.#target, start, record, timestamp - last.base, last.count)
      : writeRecord(this.#target, start, record, 0, 0);
    if (fits) {
      last.count++;
      last.end = end;
      if (timestamp > last.maxTimestamp) last.maxTimestamp = timestamp;
    } else {
      this.#last = { from: this.length, count: 1, start, end, base: timestamp, maxTimestamp: timestamp };
      this.#batches.push(this.#last);
    }
    if (end - start > this.largestBytes) {
      this.largestAt = this.length;
      this.largestBytes = end - start;
    }
    this.#end = end;
    this.length++;
  }

  #fits({ count }: WrittenBatch, bytes: number, more: number): boolean {
    const { records, bytes: most } = this.#limits;
    if (count >= records || bytes + more > most) return false;
    const alone = most * aloneFrom;
    return more <= alone && (count > 1 || bytes <= alone);
  }

  #grow(more: number): void {
    const room = this.#end === 0 ? Math.max(this.#firstRoom, more) : more;
    this.#target = this.#memory.reserve(this.#end, room);
  }

  get batches(): readonly WrittenBatch[] {
    return this.#batches;
  }

  /** What all of its batches take before they are compressed. */
  get bytes(): number {
    return this.#end + batchHeaderBytes * this.#batches.length;
  }

  /** Writes one of its batches at `start` of a target with {@link batchRoom} it; returns where it ends. */
  writeBatch(target: Buffer, start: number, batch: WrittenBatch, fields: BatchFields): number {
    const end = start + batchHeaderBytes + (batch.end - batch.start);
    this.#target.copy(target, start + batchHeaderBytes, batch.start, batch.end);
    const { base, maxTimestamp, count } = batch;
    return finishBatch(target, { start, end, base, maxTimestamp, count }, fields);
  }

  /** The records as they were added, texts as bytes. */
  *[Symbol.iterator](): Iterator<ProducerRecord> {
    for (const { start, end, base, count } of this.#batches) {
      const read: LogRecord[] = [];
      const place = { source: this.#target, start, end, baseOffset: 0, baseTimestamp: base };
      readRecords({ ...place, count, appendTime: undefined }, 0, read);
      for (const { key, value, timestamp, headers } of read) yield { key, value, timestamp, headers };
    }
  }
}

/** What can be written as batches: an array, or records that are written already. */
export type BatchSource = readonly ProducerRecord[] | WrittenRecords;

export function batchSource(records: RecordSequence): BatchSource {
  if (records instanceof WrittenRecords) return records;
  return Array.isArray(records) ? (records as readonly ProducerRecord[]) : [...records];
}

/** What a batch of written records may take, compressed or not. */
export function batchRoom(
  { start, end }: WrittenBatch,
  { compression }: Pick<BatchFields, 'compression'>,
): number {
  const bytes = batchHeaderBytes + end - start;
  return compression === 'none' ? bytes : bytes + compressedBound(bytes);
}
