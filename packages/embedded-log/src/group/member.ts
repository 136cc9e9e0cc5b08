import {
  type GroupGeneration,
  type GroupMember,
  type GroupOptions,
  type LogProducer,
  type OffsetCommit,
  type PollOptions,
  parseTopicPartition,
  type RecordBatch,
  type TopicPartition,
} from '@millrace/log-client';
import type { EmbeddedReader } from '../reader.ts';
import type { GroupCoordinator, MemberState } from './coordinator.ts';
import { memberOptions } from './member-options.ts';

/** A consumer group's member in the process that owns the log: rebalances happen inside its polls. */
export class EmbeddedMember implements GroupMember {
  readonly #coordinator: GroupCoordinator;
  readonly #reader: EmbeddedReader;
  readonly #producer: LogProducer;
  readonly #options: GroupOptions;
  #state: MemberState;

  constructor(
    coordinator: GroupCoordinator,
    reader: EmbeddedReader,
    producer: LogProducer,
    options: GroupOptions,
  ) {
    this.#coordinator = coordinator;
    this.#reader = reader;
    this.#producer = producer;
    this.#options = options;
    this.#state = coordinator.join(memberOptions(options), performance.now());
  }

  get generation(): GroupGeneration {
    return { memberId: this.#state.id, generation: this.#coordinator.generation };
  }

  async poll(options: PollOptions): Promise<RecordBatch[]> {
    this.#state.lastPollAt = performance.now();
    const settled = await this.#reconcile();
    // Something else may be free by now: look again soon instead of waiting for records.
    return this.#reader.poll(settled ? options : { ...options, maxWaitMs: 0 });
  }

  async #reconcile(): Promise<boolean> {
    if (this.#state.fenced) return this.#rejoin();
    this.#coordinator.assertPlanned(this.#state);
    const { plan } = this.#coordinator;
    const { assignedUserData: userData } = this.#state;
    this.#state.assignedUserData = undefined;
    if (userData !== undefined) this.#options.onUserData?.(userData);
    const revoked = this.#coordinator.toRevoke(this.#state);
    if (revoked.length > 0) {
      await this.#options.onRevoked(revoked);
      for (const partition of revoked) this.#reader.remove(partition);
      this.#coordinator.release(this.#state, revoked);
    }
    if (this.#state.fenced) return this.#rejoin();
    const assigned = this.#coordinator.takeFree(this.#state, plan);
    if (assigned.length > 0) {
      for (const partition of assigned) this.#reader.add({ ...partition, offset: 0 }, { paused: true });
      await this.#options.onAssigned(assigned);
      this.#state.lastPollAt = performance.now();
    }
    return revoked.length === 0 && assigned.length === 0 && plan === this.#coordinator.plan;
  }

  /** The group went on without this member: drop everything and come back as a new one. */
  async #rejoin(): Promise<boolean> {
    const lost = this.#reader.partitions();
    for (const partition of lost) this.#reader.remove(partition);
    this.#state = this.#coordinator.join(memberOptions(this.#options), performance.now());
    await this.#options.onLost(lost);
    return false;
  }

  seek(partition: TopicPartition, offset: number): void {
    this.#reader.seek(partition, offset);
  }

  pause(partition: TopicPartition): void {
    this.#reader.pause(partition);
  }

  resume(partition: TopicPartition): void {
    this.#reader.resume(partition);
  }

  lag(partition: TopicPartition): number | undefined {
    return this.#reader.lag(partition);
  }

  async commit(commits: readonly OffsetCommit[]): Promise<void> {
    const { group } = this.#options;
    await this.#producer.commit({ records: [], offsets: { group, member: this.generation, commits } });
  }

  rejoin(): void {
    if (!this.#state.fenced) this.#coordinator.rebalance();
  }

  /** What it owns by now; for tests and tools. */
  owned(): TopicPartition[] {
    return [...this.#state.owned].map(parseTopicPartition);
  }

  async close(): Promise<void> {
    this.#coordinator.remove(this.#state);
    await this.#reader.close();
  }
}
