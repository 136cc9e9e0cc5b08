import type { Compression } from '@millrace/kafka-protocol';
import {
  asBuffer,
  LogError,
  type LogProducer,
  type LogTransaction,
  type PartitionRecords,
} from '@millrace/log-client';
import {
  encodeEntry,
  type EncodedRecords,
  encodeRecords,
  expectedBytes,
  type RecordLimit,
  type RecordSource,
  batchSources,
  tooLarge,
} from './encode/encode-records.ts';
import type { CommitMemory } from './encode/commit-memory.ts';
import type { LogEvent } from './format/log-event.ts';
import type { GroupCoordinator } from './group/coordinator.ts';
import type { PlanChange } from './storage/commit/commit-queue.ts';
import type { CommitWriter } from './storage/commit/commit-writer.ts';
import { type CommitRecords, type LogChange, sizeOf } from './storage/commit/encode-commit.ts';
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

  async commit({ records, offsets }: LogTransaction): Promise<number[]> {
    const sources = batchSources(records);
    const expected = expectedBytes(sources);
    const plan: PlanChange = (memory) => {
      this.#assertMayCommit(offsets);
      if (this.#writer.isInTurn(expected, sources.length)) {
        const event = this.#eventOf(offsets);
        return { event, records: [], inTurn: this.#inTurn(memory, sources), bytes: expected };
      }
      const entries = encodeRecords(memory, memory.at, sources, this.#encodingOf);
      const change = this.#change(entries, memory.bytes, offsets);
      memory.at = entries.at(-1)?.to ?? memory.at;
      return change;
    };
    return this.#writer.submit(plan, { alone: false, bytes: expected });
  }

  send(records: readonly PartitionRecords[]): Promise<number[]> {
    return this.commit({ records });
  }

  /** Commits what another thread has encoded; or says how to encode it, where that was not known there. */
  async commitEncoded({ entries, bytes, offsets }: Omit<CommitRequest, 'producer'>): Promise<CommitAnswer> {
    const compressions = new Map<string, Compression>();
    for (const { topic, partition, compression, largest } of entries) {
      const { settings } = this.#state.topics.get(topic) ?? {};
      if (settings !== undefined && settings.compression !== compression)
        compressions.set(topic, settings.compression);
      const { limit } = this.#encodingOf(topic);
      if (largest.bytes > limit.bytes) throw tooLarge({ ...largest, topic, partition }, limit);
    }
    if (compressions.size > 0) return { compressions };
    const batches = asBuffer(bytes);
    const plan = (): LogChange => {
      this.#assertMayCommit(offsets);
      return this.#change(entries, batches, offsets);
    };
    return { baseOffsets: await this.#writer.submit(plan, { alone: false, bytes: batches.length }) };
  }

  #assertMayCommit(offsets: LogTransaction['offsets']): void {
    if (this.#closed) throw new LogError('LOG_CLOSED', 'This producer is closed');
    if (this.#isFenced()) {
      throw new LogError(
        'LOG_FENCED',
        'A newer producer has taken over this transactional id: nothing was committed',
      );
    }
    if (offsets !== undefined) this.#group(offsets.group).assertMayCommit(offsets.member, offsets.commits);
  }

  #change(entries: readonly EncodedRecords[], source: Buffer, offsets: LogTransaction['offsets']): LogChange {
    const records = entries.map(({ topic, partition, from, to }) => {
      return { log: this.#state.partition(topic, partition), source, from, to };
    });
    return { event: this.#eventOf(offsets), records, bytes: sizeOf(records) };
  }

  /** Encodes each partition's records when they are asked for. */
  *#inTurn(memory: CommitMemory, sources: readonly RecordSource[]): Generator<CommitRecords> {
    for (const [entry, source] of sources.entries()) {
      const log = this.#state.partition(source.topic, source.partition);
      const { from, to } = encodeEntry(memory, memory.at, { ...source, entry }, this.#encodingOf);
      memory.at = to;
      yield { log, source: memory.bytes, from, to };
    }
  }

  #eventOf(offsets: LogTransaction['offsets']): LogEvent {
    if (offsets === undefined) return {};
    const commits = offsets.commits.map(({ topic, partition, offset, metadata }) => {
      return [this.#state.partition(topic, partition).topicId, partition, offset, metadata] as const;
    });
    return { offsets: { group: offsets.group, commits } };
  }

  readonly #encodingOf = (topic: string): { compression: Compression; limit: RecordLimit } => {
    const { compression = 'none', maxMessageBytes } = this.#state.topics.get(topic)?.settings ?? {};
    const limit =
      maxMessageBytes === undefined
        ? { bytes: this.#maxRecordBytes, setting: 'maxRecordBytes' }
        : { bytes: maxMessageBytes, setting: "the topic's max.message.bytes" };
    return { compression, limit };
  };

  async close(): Promise<void> {
    this.#closed = true;
  }
}
