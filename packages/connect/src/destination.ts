import type { Headers, TopicPartition } from '@millrace/log-client';

/** A record of a topic, with its key and value as its serdes read them. */
export interface SinkRecord<K, V> {
  readonly topic: string;
  readonly partition: number;
  readonly offset: number;
  /** In milliseconds since the epoch. */
  readonly timestamp: number;
  readonly key: K | null;
  /** Null where the record deletes a row. */
  readonly value: V | null;
  readonly headers: Headers;
}

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
  readonly records: readonly SinkRecord<K, V>[];
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
