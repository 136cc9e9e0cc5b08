import { type BatchSource, type Compression, writeBatchInto, WrittenRecords } from '@millrace/kafka-protocol';
import { batchFields } from '../../format/batch-fields.ts';

/** Batches have at most so many records, and about so many bytes: a reader can start near any offset. */
export const maxBatchRecords = 1024;
export const maxBatchBytes = 256 << 10;

/** A list of records that are written as they are added. */
export function newRecordList(expectedBytes?: number): WrittenRecords {
  return new WrittenRecords({ records: maxBatchRecords, bytes: maxBatchBytes }, expectedBytes);
}

/** How many records go into a batch: by their size on average. */
export function recordsPerBatch(bytes: number, count: number): number {
  return Math.max(1, Math.min(maxBatchRecords, Math.floor((maxBatchBytes * count) / bytes)));
}

export interface BatchesPlace {
  readonly firstOffset: number;
  /** Of an array. */
  readonly perBatch: number;
  readonly compression: Compression;
  /** The time of all records, where the log sets it. */
  readonly appendTime: number | undefined;
}

/** Writes records as batches, one after the other; returns where they end. */
export function writeBatches(
  target: Buffer,
  start: number,
  records: BatchSource,
  { firstOffset, perBatch, compression, appendTime }: BatchesPlace,
): number {
  let at = start;
  if (records instanceof WrittenRecords) {
    for (const batch of records.batches) {
      const fields = batchFields(firstOffset + batch.from, { compression, appendTime });
      at = records.writeBatch(target, at, batch, fields);
    }
    return at;
  }
  for (let from = 0; from < records.length; from += perBatch) {
    const to = Math.min(from + perBatch, records.length);
    const fields = batchFields(firstOffset + from, { compression, appendTime });
    at = writeBatchInto(target, at, { records, from, to }, fields);
  }
  return at;
}
