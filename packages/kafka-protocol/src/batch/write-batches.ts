import type { ProducerRecord } from '@millrace/log-client';
import type { BatchMemory } from './batch-memory.ts';
import {
  type BatchFields,
  type RecordLimits,
  compressedBound,
  finishBatch,
  writeRecords,
  type WrittenRange,
} from './write-batch.ts';
import { batchRoom, type BatchSource, WrittenRecords } from './written-records.ts';

/** How records are written as batches. */
export interface BatchesStyle extends RecordLimits {
  /** Of every batch: the log that takes them gives them their offsets. */
  readonly fields: BatchFields;
}

/** Batches that were written one after the other. */
export interface WrittenBatches {
  /** Where the last of them ends. */
  readonly end: number;
  /** The largest record, and what it takes in bytes. */
  readonly largestAt: number;
  readonly largestBytes: number;
  /**
   * Where it ended before its time: at the largest record, which is larger than it may be, or at one whose
   * timestamp is no whole number.
   */
  readonly refusedAt: number | undefined;
}

/** Writes records as batches from `start` on. */
export function writeBatches(
  memory: BatchMemory,
  start: number,
  records: BatchSource,
  style: BatchesStyle,
): WrittenBatches {
  if (!(records instanceof WrittenRecords)) return writeArray(memory, start, records, style);
  const { largestAt, largestBytes } = records;
  // Record by record where one is too large: the first of them is refused.
  if (largestBytes > style.maxRecordBytes) return writeArray(memory, start, [...records], style);
  let end = start;
  for (const batch of records.batches) {
    const target = memory.reserve(end, batchRoom(batch, style.fields));
    end = records.writeBatch(target, end, batch, style.fields);
  }
  return { end, largestAt, largestBytes, refusedAt: undefined };
}

function writeArray(
  memory: BatchMemory,
  start: number,
  records: readonly ProducerRecord[],
  style: BatchesStyle,
): WrittenBatches {
  const to = records.length;
  let end = start;
  let largestAt = 0;
  let largestBytes = 0;
  for (let from = 0; from < to; ) {
    const batch = writeRecords(memory, end, { records, from, to }, style);
    if (batch.largestBytes > largestBytes) ({ largestAt, largestBytes } = batch);
    if (largestBytes > style.maxRecordBytes) return { end, largestAt, largestBytes, refusedAt: largestAt };
    if (batch.count === 0) return { end, largestAt, largestBytes, refusedAt: from };
    end = finish(memory, batch, style.fields);
    from += batch.count;
  }
  return { end, largestAt, largestBytes, refusedAt: undefined };
}

function finish(memory: BatchMemory, batch: WrittenRange, fields: BatchFields): number {
  const slack = fields.compression === 'none' ? 0 : compressedBound(batch.end - batch.start);
  return finishBatch(memory.reserve(batch.end, slack), batch, fields);
}
