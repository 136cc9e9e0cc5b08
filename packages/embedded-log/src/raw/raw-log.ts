import {
  batchAt,
  batchHeaderBytes,
  batchIsIntact,
  batchSize,
  type BatchOrigin,
  compressionOf,
  hasWholeBatch,
  isControlBatch,
  loadCodec,
  originOf,
} from '@millrace/kafka-protocol';
import { type GroupSnapshot, isLogError } from '@millrace/log-client';
import type { GroupOffsets } from '../format/log-event.ts';
import type { CommitWriter } from '../storage/commit/commit-writer.ts';
import { type LogChange, sizeOf } from '../storage/commit/encode-commit.ts';
import type { LogState, TopicState } from '../storage/log-state.ts';
import type { PartitionLog } from '../storage/partition-log.ts';
import type { Admission } from '../storage/partition-producers.ts';
import { Refusal } from '../refusal.ts';
import { ClientTransactions } from './client-transactions.ts';

export interface RawLogOptions {
  readonly state: LogState;
  readonly writer: CommitWriter;
  readonly maxBatchBytes: number;
  /** Where the log is: a folder, or the memory. */
  readonly location: string;
  /** How many members in this process a group has. */
  readonly nativeMembers: (group: string) => number;
  readonly now: () => number;
}

/**
 * The log as a server of Kafka's protocol sees it: batches as they are, in and out, with their producers and
 * transactions.
 */
export class RawLog {
  readonly state: LogState;
  readonly transactions: ClientTransactions;
  readonly #options: RawLogOptions;
  /** The members of a group that joined over a protocol; a server sets it. */
  clientGroup: (group: string) => GroupSnapshot = () => ({ state: 'empty', members: [] });
  /** The groups that have such members; a server sets it. */
  clientGroups: () => readonly string[] = () => [];

  constructor(options: RawLogOptions) {
    this.#options = options;
    this.state = options.state;
    this.transactions = new ClientTransactions(options);
  }

  topicByUuid(uuid: string): TopicState | undefined {
    return this.state.topicByUuid(uuid);
  }

  get location(): string {
    return this.#options.location;
  }

  /** What a batch may have at most where its topic does not say it, in bytes. */
  get maxBatchBytes(): number {
    return this.#options.maxBatchBytes;
  }

  nativeMembers(group: string): number {
    return this.#options.nativeMembers(group);
  }

  /** Commits offsets; `assertAllowed` looks at the group at their turn. @throws Refusal, LogError */
  async commitOffsets(offsets: GroupOffsets, assertAllowed: () => void): Promise<void> {
    const plan = (): LogChange => {
      assertAllowed();
      return { event: { offsets }, records: [], bytes: 0 };
    };
    await this.#options.writer.submit(plan, { alone: false, bytes: 0 });
  }

  /** The partition, if it is there. */
  partition(topic: string, partition: number): PartitionLog | undefined {
    return this.state.topics.get(topic)?.state[partition];
  }

  /**
   * Appends the batches that a client made, as they are; resolves to the offset of the first. Batches that
   * their producer has sent before are not written again. @throws Refusal, LogError
   */
  async append(log: PartitionLog, batches: Buffer): Promise<number> {
    const origin = this.#check(log, batches);
    await loadCodec(compressionOf(batches, 0));
    let admission: Admission | undefined;
    const plan = (): LogChange => {
      if (log.isDeleted) throw new Refusal('UNKNOWN_TOPIC_OR_PARTITION', `${log.topic} was deleted`);
      if (origin.isTransactional) this.transactions.assertMayWrite(origin);
      const records = [{ log, source: batches, from: 0, to: batches.length, isShared: true }];
      const bytes = sizeOf(records);
      if (origin.producerId < 0) return { event: {}, records, bytes };
      admission = log.producers.admit(origin, this.#options.now());
      if (admission.isDuplicate) return { event: {}, records: [], bytes: 0 };
      const { producerId, producerEpoch, baseSequence, count, isTransactional } = origin;
      const flag = isTransactional ? 1 : 0;
      const { topicId, partition } = log;
      const produced = [[topicId, partition, producerId, producerEpoch, baseSequence, count, flag] as const];
      return { event: { produced }, records, bytes, undo: admission.undo };
    };
    const { writer } = this.#options;
    const [baseOffset] = await writer.submit(plan, { alone: false, bytes: batches.length });
    return admission?.isDuplicate === true ? admission.batch.offset! : baseOffset!;
  }

  /** @throws Refusal unless these are whole, intact batches of records */
  #check(log: PartitionLog, batches: Buffer): BatchOrigin {
    const limit = log.settings.maxMessageBytes ?? this.#options.maxBatchBytes;
    let at = 0;
    let count = 0;
    while (at < batches.length) {
      if (at + batchHeaderBytes <= batches.length && batches[at + batchAt.magic] !== 2) {
        throw new Refusal('UNSUPPORTED_FOR_MESSAGE_FORMAT', 'batches have to be of format 2');
      }
      if (!hasWholeBatch(batches, at)) throw new Refusal('CORRUPT_MESSAGE', 'a batch is not whole');
      const size = batchSize(batches, at);
      if (size > limit) {
        throw new Refusal(
          'MESSAGE_TOO_LARGE',
          `a batch of ${size} bytes is over max.message.bytes, ${limit}`,
        );
      }
      if (!batchIsIntact(batches, at, size)) {
        throw new Refusal('CORRUPT_MESSAGE', 'a batch does not match its checksum');
      }
      const records = batches.readInt32BE(at + batchAt.count);
      if (
        isControlBatch(batches, at) ||
        records < 1 ||
        records !== batches.readInt32BE(at + batchAt.lastOffsetDelta) + 1
      ) {
        throw new Refusal('INVALID_RECORD', 'clients may send batches of records only, without gaps');
      }
      knownCompression(batches, at);
      at += size;
      count++;
    }
    if (count === 0) throw new Refusal('INVALID_RECORD', 'there is no batch');
    const origin = originOf(batches, 0);
    if (origin.producerId >= 0 && count > 1) {
      throw new Refusal('INVALID_RECORD', 'a producer that is idempotent sends one batch at a time');
    }
    return origin;
  }
}

function knownCompression(batches: Buffer, at: number): void {
  try {
    compressionOf(batches, at);
  } catch (error) {
    if (!isLogError(error)) throw error;
    throw new Refusal('UNSUPPORTED_COMPRESSION_TYPE', error.message);
  }
}
