import { type BatchFields, writeBatch } from '@millrace/kafka-protocol';
import { noHeaders } from '@millrace/log-client';

export interface ClientBatch extends Partial<BatchFields> {
  readonly values: readonly (string | null)[];
  readonly keys?: readonly (string | null)[];
  readonly timestamp?: number;
}

/** A batch as a Kafka client makes it. */
export function clientBatch({ values, keys, timestamp = 1000, ...fields }: ClientBatch): Buffer {
  const records = values.map((value, index) => ({
    key: keys?.[index] ?? null,
    value,
    timestamp: timestamp + index,
    headers: noHeaders,
  }));
  const bytes = records.reduce(
    (sum, { key, value }) => sum + 64 + (key?.length ?? 0) + (value?.length ?? 0),
    0,
  );
  return writeBatch(
    { records, from: 0, to: records.length, bytes },
    {
      baseOffset: 0,
      leaderEpoch: -1,
      producerId: -1,
      producerEpoch: -1,
      baseSequence: -1,
      transactional: false,
      compression: 'none',
      ...fields,
    },
  );
}
