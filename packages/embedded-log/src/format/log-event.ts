import type { CheckpointSegment } from './checkpoint-segment.ts';

/**
 * What one frame of the journal says, apart from its record batches. Small, rare or per commit: kept as JSON.
 */
export interface LogEvent {
  readonly created?: readonly TopicCreated[];
  readonly deleted?: readonly number[];
  /** Topics with more partitions than before: topic id, count. */
  readonly grown?: readonly (readonly [topicId: number, partitions: number])[];
  /** New settings of topics, whole. */
  readonly configured?: readonly (readonly [topicId: number, configs: TopicConfigs])[];
  /** New first offsets: topic id, partition, offset. */
  readonly starts?: readonly (readonly [topicId: number, partition: number, offset: number])[];
  readonly offsets?: GroupOffsets;
  /** Of several groups at once, where a client's transaction has them. */
  readonly moreOffsets?: readonly GroupOffsets[];
  /** What compaction has put in the place of segments. */
  readonly swapped?: SwappedSegments;
  /** Groups, or offsets of groups, that are gone. */
  readonly forgotten?: readonly ForgottenOffsets[];
  /** The next id that no client's producer has been given. */
  readonly nextProducerId?: number;
  /** The batches of idempotent producers in this frame, in the order of its runs. */
  readonly produced?: readonly ProducerBatch[];
  /** How transactional ids stand now. */
  readonly transactional?: readonly TransactionalId[];
  /** A client's transaction that ends with this frame. */
  readonly ended?: EndedTransaction;
}

export type ProducerBatch = readonly [
  topicId: number,
  partition: number,
  producerId: number,
  producerEpoch: number,
  baseSequence: number,
  count: number,
  isTransactional: 0 | 1,
];

export interface TransactionalId {
  readonly id: string;
  readonly producerId: number;
  readonly producerEpoch: number;
  readonly timeoutMs: number;
  readonly state: 'empty' | 'ongoing' | 'committed' | 'aborted';
  /** When it was last used, in milliseconds by the log's clock. */
  readonly at: number;
}

/** Where it was aborted, its partitions get a control batch in the same frame. */
export interface EndedTransaction {
  readonly producerId: number;
  readonly outcome: 'commit' | 'abort';
  readonly partitions: readonly (readonly [topicId: number, partition: number])[];
}

export interface SwappedSegments {
  readonly topicId: number;
  readonly partition: number;
  /** The files of the segments that are replaced, which follow each other. */
  readonly from: readonly number[];
  readonly to: readonly CheckpointSegment[];
  readonly cleanedUpTo: number;
}

export type TopicConfigs = Readonly<Record<string, string>>;

export interface TopicCreated {
  readonly id: number;
  /** 16 bytes in base64url: another one for each topic that ever had this name. */
  readonly uuid: string;
  /** What the topic was known by before it had a uuid. */
  readonly formerId?: string;
  readonly name: string;
  readonly partitions: number;
  readonly configs: TopicConfigs;
}

export interface GroupOffsets {
  readonly group: string;
  readonly commits: readonly (readonly [
    topicId: number,
    partition: number,
    offset: number,
    metadata: string,
  ])[];
}

export interface ForgottenOffsets {
  readonly group: string;
  /** Left out: all that the group has committed. */
  readonly partitions?: readonly (readonly [topicId: number, partition: number])[];
}
