import {
  type BatchSource,
  batchSource,
  type Compression,
  recordBytes,
  WrittenRecords,
} from '@millrace/kafka-protocol';
import {
  asBuffer,
  invalidTimestamp,
  LogError,
  type LogProducer,
  type LogTransaction,
  type PartitionRecords,
  type RejectedRecord,
  type TopicPartition,
} from '@millrace/log-client';
import { runHeaderBytes } from './format/frame.ts';
import type { GroupCoordinator } from './group/coordinator.ts';
import type { CommitWriter } from './storage/commit/commit-writer.ts';
import { type CommitRecords, type LogChange, runOverhead } from './storage/commit/encode-commit.ts';
import type { LogState } from './storage/log-state.ts';
import type { CommitAnswer, CommitRequest } from './threads/messages.ts';

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
    const sources = transaction.records.map(({ records }) => batchSource(records));
    for (const [entry, { topic, partition }] of transaction.records.entries())
      bytes += this.#measure(sources[entry]!, { topic, partition, entry });
    const place = (): CommitRecords[] =>
      transaction.records.map(({ topic, partition }, entry) => ({
        log: this.#state.partition(topic, partition),
        records: sources[entry]!,
      }));
    const plan = (): LogChange => this.#plan(place, transaction.offsets, bytes);
    return this.#writer.submit(plan, { alone: false, bytes });
  }

  send(records: readonly PartitionRecords[]): Promise<number[]> {
    return this.commit({ records });
  }

  /** Commits what another thread has encoded; or says how to encode it, where that was not known there. */
  async commitEncoded({ entries, bytes, offsets }: Omit<CommitRequest, 'producer'>): Promise<CommitAnswer> {
    const compressions = new Map<string, Compression>();
    for (const [entry, { topic, partition, compression, largest }] of entries.entries()) {
      const { settings } = this.#state.topics.get(topic) ?? {};
      if (settings !== undefined && settings.compression !== compression)
        compressions.set(topic, settings.compression);
      this.#assertSmallEnough(largest.bytes, { topic, partition, entry, index: largest.index });
    }
    if (compressions.size > 0) return { compressions };
    const buffer = asBuffer(bytes);
    const size = bytes.length + entries.length * runHeaderBytes;
    const place = (): CommitRecords[] =>
      entries.map(({ topic, partition, from, to }) => ({
        log: this.#state.partition(topic, partition),
        records: [],
        ...(to > from ? { batches: buffer.subarray(from, to) } : {}),
      }));
    const plan = (): LogChange => this.#plan(place, offsets, size);
    return { baseOffsets: await this.#writer.submit(plan, { alone: false, bytes: size }) };
  }

  #plan(place: () => CommitRecords[], offsets: LogTransaction['offsets'], bytes: number): LogChange {
    if (this.#closed) throw new LogError('LOG_CLOSED', 'This producer is closed');
    if (this.#isFenced()) {
      throw new LogError(
        'LOG_FENCED',
        'A newer producer has taken over this transactional id: nothing was committed',
      );
    }
    if (offsets !== undefined) this.#group(offsets.group).assertMayCommit(offsets.member, offsets.commits);
    const placed = place();
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
  #measure(
    records: BatchSource,
    { topic, partition, entry }: TopicPartition & { readonly entry: number },
  ): number {
    const limit = this.#limitOf(topic);
    if (records instanceof WrittenRecords) {
      // One by one only where one is too large: the first of them is named.
      if (records.largestBytes > limit) this.#measure([...records], { topic, partition, entry });
      return runHeaderBytes + records.bytes;
    }
    let total = runOverhead(records.length);
    for (let index = 0; index < records.length; index++) {
      const record = records[index]!;
      if (!Number.isSafeInteger(record.timestamp)) {
        throw invalidTimestamp(record.timestamp, { topic, partition, entry, index });
      }
      const size = recordBytes(record);
      total += size;
      if (size > limit) this.#assertSmallEnough(size, { topic, partition, entry, index });
    }
    return total;
  }

  /** What a record of a topic may take, in bytes. */
  #limitOf(topic: string): number {
    return this.#state.topics.get(topic)?.settings.maxMessageBytes ?? this.#maxRecordBytes;
  }

  #assertSmallEnough(size: number, { topic, partition, ...rejected }: TopicPartition & RejectedRecord): void {
    const limit = this.#limitOf(topic);
    if (size <= limit) return;
    const isOfTopic = this.#state.topics.get(topic)?.settings.maxMessageBytes !== undefined;
    throw new LogError(
      'LOG_TOO_LARGE',
      `A record of ${size} bytes for ${topic}-${partition} is over the limit of ${limit}: raise ${isOfTopic ? "the topic's max.message.bytes" : 'maxRecordBytes'}, or store the payload elsewhere`,
      { rejected },
    );
  }

  async close(): Promise<void> {
    this.#closed = true;
  }
}
