import { recordBytes, writeBatch } from '@millrace/kafka-protocol';
import type { ProducerRecord } from '@millrace/log-client';
import { batchFields } from '../src/format/batch-fields.ts';

/** Records as one batch, as the log writes it. */
export function batchOf(records: readonly ProducerRecord[], baseOffset: number): Buffer {
  const bytes = records.reduce((sum, record) => sum + recordBytes(record), 0);
  const range = { records, from: 0, to: records.length, bytes };
  return writeBatch(range, batchFields(baseOffset, { compression: 'none' }));
}
