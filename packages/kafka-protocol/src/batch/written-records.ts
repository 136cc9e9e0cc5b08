import {
  type Bytes,
  LogError,
  type LogRecord,
  type ProducerRecord,
  type RecordList,
  type RecordSequence,
} from '@millrace/log-client';
import { batchHeaderBytes } from './layout.ts';
import { readRecords } from './read-records.ts';
import { type BatchFields, compressedBound, finishBatch } from './write-batch.ts';
import { headersBytes, writeRecord } from './write-record.ts';

export interface BatchLimits {
  /** A batch has at most so many records. */
  readonly records: number;
  /** A batch has about so many bytes, but for a record that is larger alone. */
  readonly bytes: number;
}

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

/** What a record takes besides key, value and headers, at most; and the most bytes of a unit of text. */
const recordOverhead = 32;
const bytesPerUnit = 3;
/** A record that takes more than this part of a batch gets one of its own: it may be refused alone. */
const aloneFrom = 1 / 8;
const leastRoom = 1024;
const mostExpected = 16 << 20;

function mostBytes(bytes: Bytes | null): number {
  if (bytes === null) return 0;
  return typeof bytes === 'string' ? bytesPerUnit * bytes.length : bytes.length;
}

/** Records as batches have them, but for the headers of the batches: encoded when they are added. */
export class WrittenRecords implements RecordList {
  readonly #limits: BatchLimits;
  readonly #expectedBytes: number;
  readonly #batches: WrittenBatch[] = [];
  #last: WrittenBatch | undefined;
  #target: Buffer = Buffer.alloc(0);
  #end = 0;
  readonly copies = true;
  length = 0;
  /** The place of the record that takes most, and how many bytes that is. */
  largestAt = 0;
  largestBytes = 0;

  /** `expectedBytes`: about what will be added, so that memory is taken once. */
  constructor(limits: BatchLimits, expectedBytes = 0) {
    this.#limits = limits;
    this.#expectedBytes = Math.min(expectedBytes, mostExpected);
  }

  /** @throws LogError `LOG_INVALID_RECORD` for a timestamp that is no whole number */
  push(record: ProducerRecord): void {
    const { key, value, timestamp, headers } = record;
    if (!Number.isSafeInteger(timestamp)) throw invalid(timestamp);
    const most =
      recordOverhead + mostBytes(key) + mostBytes(value) + (headers.length === 0 ? 0 : headersBytes(headers));
    if (this.#end + most > this.#target.length) this.#grow(most);
    const start = this.#end;
    const least = (key?.length ?? 0) + (value?.length ?? 0);
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
    const { length } = this.#target;
    const room = length === 0 ? Math.max(leastRoom, this.#expectedBytes) : 2 * length;
    const larger = Buffer.allocUnsafe(Math.max(room, this.#end + more));
    this.#target.copy(larger, 0, 0, this.#end);
    this.#target = larger;
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

function invalid(timestamp: number): LogError {
  return new LogError(
    'LOG_INVALID_RECORD',
    `A record has the timestamp ${String(timestamp)}: whole milliseconds since the epoch expected`,
  );
}
