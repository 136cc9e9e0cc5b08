import type { TopicPartition } from '@millrace/log-client';
import type { TopicRecord } from '@millrace/streams-core';

/** A partition that a sink writes for. The epoch grows with each claim: who has an older one is fenced. */
export interface Claim extends TopicPartition {
  readonly group: string;
  /** Changes when a topic is deleted and created again: its offsets begin again. */
  readonly topicId: string;
  readonly epoch: number;
}

/** What becomes visible together, or never. */
export interface DestinationTransaction<K, V> {
  /** In the order of each partition. */
  readonly records: readonly TopicRecord<K, V>[];
  /** For each partition the offset of the next record to write. */
  readonly offsets: readonly { readonly claim: Claim; readonly offset: number }[];
}

/** Where records go, with the offsets up to which they are there. */
export interface Destination<K, V> {
  /** For messages: what it is, and where. */
  readonly name: string;
  /** Makes what it keeps offsets in, where it is missing. @throws DestinationError */
  open(): Promise<void>;
  /**
   * Takes a partition over from the instance that had it. `offset` is that of the next record to write;
   * undefined where nothing of this topic was written. @throws DestinationError
   */
  claim(
    partition: Omit<Claim, 'epoch'>,
  ): Promise<{ readonly epoch: number; readonly offset: number | undefined }>;
  /** @throws SinkFencedError where a partition was claimed by another one since; DestinationError */
  write(transaction: DestinationTransaction<K, V>): Promise<void>;
}
