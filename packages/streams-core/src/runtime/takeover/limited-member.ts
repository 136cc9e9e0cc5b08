import {
  type GroupGeneration,
  type GroupMember,
  type OffsetCommit,
  type PollOptions,
  type RecordBatch,
  type TopicPartition,
  topicPartitionKey,
} from '@millrace/log-client';
import type { InputLimit } from './input-limit.ts';

/** How long a poll may wait while a limit may move, in milliseconds. */
const limitedPollMs = 50;

/**
 * A member that reads no further than its limits: records beyond them are held back, and their partitions
 * paused, until the limits have moved.
 */
export class LimitedMember implements GroupMember {
  readonly #member: GroupMember;
  readonly #limits: readonly InputLimit[];
  readonly #held = new Map<string, RecordBatch>();
  /** The next offset of each partition, of those that were polled or looked up while limited. */
  readonly #positions = new Map<string, number>();
  readonly #pausedByCaller = new Set<string>();

  constructor(member: GroupMember, limits: readonly InputLimit[]) {
    this.#member = member;
    this.#limits = limits;
  }

  get generation(): GroupGeneration {
    return this.#member.generation;
  }

  async poll(options: PollOptions): Promise<RecordBatch[]> {
    let { maxWaitMs } = options;
    if (this.#isLimited) {
      for (const limit of this.#limits) if (limit.isActive) await limit.refresh();
      maxWaitMs = this.#mayRelease() ? 0 : Math.min(maxWaitMs, limitedPollMs);
    }
    // Partitions come and go within the poll: what is held of them is looked at after it.
    const polled = await this.#member.poll({ ...options, maxWaitMs });
    // A limit may have begun meanwhile.
    if (!this.#isLimited) return polled;
    const batches = [...this.#held.values(), ...polled];
    return batches.flatMap((batch) => this.#within(batch));
  }

  get #isLimited(): boolean {
    return this.#limits.some(({ isActive }) => isActive);
  }

  #mayRelease(): boolean {
    return [...this.#held.values()].some((batch) => {
      const first = batch.records[0]?.offset ?? batch.nextOffset - 1;
      return first < this.#limitOf(batch);
    });
  }

  #limitOf(partition: TopicPartition): number {
    let lowest = Number.POSITIVE_INFINITY;
    for (const limit of this.#limits) {
      if (limit.isActive) lowest = Math.min(lowest, limit.of(partition) ?? Number.POSITIVE_INFINITY);
    }
    return lowest;
  }

  /** What of a batch may be read now; the rest is held back. */
  #within(batch: RecordBatch): RecordBatch[] {
    const key = topicPartitionKey(batch.topic, batch.partition);
    const limit = this.#limitOf(batch);
    if (batch.nextOffset <= limit) {
      this.#positions.set(key, batch.nextOffset);
      if (this.#held.delete(key) && !this.#pausedByCaller.has(key)) this.#member.resume(batch);
      return [batch];
    }
    this.#member.pause(batch);
    const end = batch.records.findIndex(({ offset }) => offset >= limit);
    const [within, beyond] =
      end < 0 ? [batch.records, []] : [batch.records.slice(0, end), batch.records.slice(end)];
    this.#held.set(key, { ...batch, records: beyond });
    const passed = (this.#positions.get(key) ?? Number.POSITIVE_INFINITY) < limit;
    if (within.length === 0 && !passed) return [];
    this.#positions.set(key, limit);
    return [{ ...batch, records: within, nextOffset: limit }];
  }

  /** Partitions that have gone to other members. */
  forget(partitions: readonly TopicPartition[]): void {
    for (const { topic, partition } of partitions) {
      const key = topicPartitionKey(topic, partition);
      this.#held.delete(key);
      this.#positions.delete(key);
      this.#pausedByCaller.delete(key);
    }
  }

  seek(partition: TopicPartition, offset: number): void {
    const key = topicPartitionKey(partition.topic, partition.partition);
    this.#held.delete(key);
    this.#positions.set(key, offset);
    this.#member.seek(partition, offset);
  }

  pause(partition: TopicPartition): void {
    this.#pausedByCaller.add(topicPartitionKey(partition.topic, partition.partition));
    this.#member.pause(partition);
  }

  resume(partition: TopicPartition): void {
    const key = topicPartitionKey(partition.topic, partition.partition);
    this.#pausedByCaller.delete(key);
    if (!this.#held.has(key)) this.#member.resume(partition);
  }

  /** Up to the limit only: what lies beyond cannot be had now. */
  lag(partition: TopicPartition): number | undefined {
    const key = topicPartitionKey(partition.topic, partition.partition);
    const limit = this.#limitOf(partition);
    if (limit === 0 || this.#held.has(key) || (this.#positions.get(key) ?? 0) >= limit) return 0;
    const lag = this.#member.lag(partition);
    if (lag === undefined || limit === Number.POSITIVE_INFINITY) return lag;
    return Math.min(lag, limit - (this.#positions.get(key) ?? 0));
  }

  commit(offsets: readonly OffsetCommit[]): Promise<void> {
    return this.#member.commit(offsets);
  }

  rejoin(): void {
    this.#member.rejoin();
  }

  close(): Promise<void> {
    return this.#member.close();
  }
}
