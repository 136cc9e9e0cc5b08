import { recordBytes } from '@millrace/kafka-protocol';
import {
  invalidTimestamp,
  LogError,
  type LogProducer,
  type LogTransaction,
  type PartitionRecords,
  type TopicPartition,
} from '@millrace/log-client';
import type { GroupCoordinator } from './group/coordinator.ts';
import type { CommitWriter } from './storage/commit/commit-writer.ts';
import { type LogChange, runOverhead } from './storage/commit/encode-commit.ts';
import type { LogState } from './storage/log-state.ts';

/**
 * Hands commits to the log's writer. One frame holds all of a transaction, so there is nothing to begin or
 * abort.
 */
export class EmbeddedProducer implements LogProducer {
  readonly #state: LogState;
  readonly #writer: CommitWriter;
  readonly #group: (name: string) => GroupCoordinator;
  readonly #maxRecordBytes: number;
  readonly #isFenced: () => boolean;
  #closed = false;

  constructor(options: {
    readonly state: LogState;
    readonly writer: CommitWriter;
    readonly group: (name: string) => GroupCoordinator;
    readonly maxRecordBytes: number;
    readonly isFenced: () => boolean;
  }) {
    this.#state = options.state;
    this.#writer = options.writer;
    this.#group = options.group;
    this.#maxRecordBytes = options.maxRecordBytes;
    this.#isFenced = options.isFenced;
  }

  async commit(transaction: LogTransaction): Promise<number[]> {
    let bytes = 0;
    for (const [entry, records] of transaction.records.entries()) bytes += this.#measure(records, entry);
    return this.#writer.submit(() => this.#plan(transaction, bytes), { alone: false, bytes });
  }

  send(records: readonly PartitionRecords[]): Promise<number[]> {
    return this.commit({ records });
  }

  #plan({ records, offsets }: LogTransaction, bytes: number): LogChange {
    if (this.#closed) throw new LogError('LOG_CLOSED', 'This producer is closed');
    if (this.#isFenced()) {
      throw new LogError(
        'LOG_FENCED',
        'A newer producer has taken over this transactional id: nothing was committed',
      );
    }
    if (offsets !== undefined) this.#group(offsets.group).assertMayCommit(offsets.member, offsets.commits);
    const placed = records.map((entry) => ({
      log: this.#state.partition(entry.topic, entry.partition),
      records: entry.records,
    }));
    if (offsets === undefined) return { event: {}, records: placed, bytes };
    const commits = offsets.commits.map((commit) => {
      const { topicId, partition } = this.#partition(commit);
      return [topicId, partition, commit.offset, commit.metadata] as const;
    });
    return { event: { offsets: { group: offsets.group, commits } }, records: placed, bytes };
  }

  #partition({ topic, partition }: TopicPartition): { topicId: number; partition: number } {
    return this.#state.partition(topic, partition);
  }

  /** Checks records and adds up the bytes they take in batches. */
  #measure({ topic, partition, records }: PartitionRecords, entry: number): number {
    let total = runOverhead(records.length);
    const { maxMessageBytes } = this.#state.topics.get(topic)?.settings ?? {};
    const limit = maxMessageBytes ?? this.#maxRecordBytes;
    for (let index = 0; index < records.length; index++) {
      const record = records[index]!;
      if (!Number.isSafeInteger(record.timestamp)) {
        throw invalidTimestamp(record.timestamp, { topic, partition, entry, index });
      }
      const size = recordBytes(record);
      total += size;
      if (size > limit) {
        throw new LogError(
          'LOG_TOO_LARGE',
          `A record of ${size} bytes for ${topic}-${partition} is over the limit of ${limit}: raise ${maxMessageBytes === undefined ? 'maxRecordBytes' : "the topic's max.message.bytes"}, or store the payload elsewhere`,
          { rejected: { entry, index } },
        );
      }
    }
    return total;
  }

  async close(): Promise<void> {
    this.#closed = true;
  }
}
