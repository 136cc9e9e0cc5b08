import { noHeaders, type ProducerRecord } from '@millrace/log-client';
import type { BatchMemory } from '../../src/batch/batch-memory.ts';
import { type BatchFields, writeBatch } from '../../src/batch/write-batch.ts';
import { recordBytes } from '../../src/batch/write-record.ts';

export const limit = 1 << 24;

export const record = (fields: Partial<ProducerRecord> = {}): ProducerRecord => ({
  key: 'k',
  value: 'v',
  timestamp: 1,
  headers: noHeaders,
  ...fields,
});

export const fields: BatchFields = {
  baseOffset: 0,
  leaderEpoch: -1,
  compression: 'none',
  producerId: -1,
  producerEpoch: -1,
  baseSequence: -1,
  transactional: false,
};

export const unlimited = {
  records: Number.POSITIVE_INFINITY,
  bytes: Number.POSITIVE_INFINITY,
  maxRecordBytes: Number.POSITIVE_INFINITY,
};

/** Memory that does not grow. */
export function fixed(bytes: Buffer): BatchMemory {
  return {
    bytes,
    reserve: (used, more) => {
      if (used + more > bytes.length) throw new Error(`No room for ${more} bytes at ${used}`);
      return bytes;
    },
  };
}

/** A batch with fields of its own; the others are those of a producer without an id. */
export function batchOf(records: readonly ProducerRecord[], own: Partial<BatchFields> = {}): Buffer {
  const bytes = records.reduce((sum, one) => sum + recordBytes(one), 0);
  return writeBatch({ records, from: 0, to: records.length, bytes }, { ...fields, ...own });
}

/** The same batch behind bytes that are not its own: places count from where it begins. */
export function behind(batch: Buffer): { readonly source: Buffer; readonly at: number } {
  const before = Buffer.alloc(101, 0xa5);
  return { source: Buffer.concat([before, batch, Buffer.alloc(40, 0x5a)]), at: before.length };
}
