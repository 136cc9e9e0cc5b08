import { type BatchLimits, WrittenRecords } from '@millrace/kafka-protocol';

/** How large batches become: a reader can start near any offset. */
export const batchLimits: BatchLimits = { records: 1024, bytes: 256 << 10 };

/** A list of records that are written as they are added. */
export function newRecordList(expectedBytes?: number): WrittenRecords {
  return new WrittenRecords(batchLimits, expectedBytes);
}
