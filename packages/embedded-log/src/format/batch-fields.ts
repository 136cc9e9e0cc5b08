import type { BatchFields, Compression } from '@millrace/kafka-protocol';

/** How a topic wants its batches. */
export interface BatchStyle {
  readonly compression: Compression;
  /** The time of all records, where the log sets it. */
  readonly appendTime?: number | undefined;
}

/** The fields of a batch of the log's own: of no client, outside any transaction. */
export function batchFields(baseOffset: number, { compression, appendTime }: BatchStyle): BatchFields {
  return {
    baseOffset,
    leaderEpoch: 0,
    producerId: -1,
    producerEpoch: -1,
    baseSequence: -1,
    transactional: false,
    compression,
    appendTime,
  };
}
