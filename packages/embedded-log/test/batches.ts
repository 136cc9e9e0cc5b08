import { recordBytes, writeBatch } from '@millrace/kafka-protocol';
import type { ProducerRecord } from '@millrace/log-client';

/** Records as one batch, as the log writes it. */
export function batchOf(records: readonly ProducerRecord[], baseOffset: number): Buffer {
  const bytes = records.reduce((sum, record) => sum + recordBytes(record), 0);
  return writeBatch(
    { records, from: 0, to: records.length, bytes },
    {
      baseOffset,
      leaderEpoch: 0,
      producerId: -1,
      producerEpoch: -1,
      baseSequence: -1,
      transactional: false,
      compression: 'none',
    },
  );
}
