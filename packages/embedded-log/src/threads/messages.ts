import type { Compression } from '@millrace/kafka-protocol';
import type { GroupGeneration, LogCapabilities, OffsetCommit, TopicPartition } from '@millrace/log-client';
import type { EncodedRecords } from '../encode/encode-records.ts';

/** What a thread learns when it connects. */
export interface Hello {
  readonly capabilities: LogCapabilities;
}

/** Where a reader wants to go on. */
export interface ReadPosition extends TopicPartition {
  readonly offset: number;
}

export interface ReadRequest {
  /** One reader has one request at a time; another one ends the wait of the one before. */
  readonly reader: number;
  readonly positions: readonly ReadPosition[];
  /** About how much to answer with, in bytes; a batch at least. */
  readonly maxBytes: number;
  /** How long to wait where there is nothing, in milliseconds. */
  readonly waitMs: number;
}

/** What there is from one position on. */
export interface ReadPartition extends ReadPosition {
  /** Where the next fetch goes on: past what held no records as well. */
  readonly nextOffset: number;
  /** What is read as committed ends here. */
  readonly end: number;
  /** Where its batches are in the answer's bytes. */
  readonly from: number;
  readonly to: number;
}

export interface ReadAnswer {
  readonly partitions: readonly ReadPartition[];
  readonly bytes: Uint8Array;
}

export interface CommitRequest {
  readonly producer: number;
  readonly entries: readonly EncodedRecords[];
  readonly bytes: Uint8Array;
  readonly offsets:
    | {
        readonly group: string;
        readonly member?: GroupGeneration;
        readonly commits: readonly OffsetCommit[];
      }
    | undefined;
}

/** The offsets of the first records; or what the topics' compression is, where that was not known. */
export type CommitAnswer =
  | { readonly baseOffsets: readonly number[] }
  | { readonly compressions: ReadonlyMap<string, Compression> };

export interface ThreadJoin {
  readonly group: string;
  readonly topics: readonly string[];
  readonly maxPollIntervalMs: number;
}

/** How the group sees a member. */
export interface ThreadMemberView {
  readonly generation: GroupGeneration;
  /** Which plan of the group this is of. */
  readonly plan: number;
  /** It has been taken out: it has to join again. */
  readonly fenced: boolean;
  readonly userData: Uint8Array | undefined;
  readonly toRevoke: readonly TopicPartition[];
}

export interface TakenPartitions {
  readonly fenced: boolean;
  readonly partitions: readonly TopicPartition[];
}
