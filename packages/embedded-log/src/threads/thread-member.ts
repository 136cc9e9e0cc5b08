import type {
  AssignorMember,
  GroupGeneration,
  GroupMember,
  GroupOptions,
  LogProducer,
  OffsetCommit,
  PollOptions,
  RecordBatch,
  TopicPartition,
} from '@millrace/log-client';
import { type GroupPlan, planOf } from '../group/member-options.ts';
import type { ThreadJoin, ThreadMemberView, TakenPartitions } from './messages.ts';
import type { Peer } from './peer.ts';
import type { ThreadReader } from './thread-reader.ts';

/** How often a member that polls reports it to the log's owner, in milliseconds. */
const polledMs = 50;

/** What the log's owner asks a member, or tells it. */
export interface AskedOfMember {
  userData(): Uint8Array;
  assign(members: readonly AssignorMember[], partitions: ReadonlyMap<string, number>): GroupPlan;
  groupsChanged(): void;
}

export interface ThreadMemberParts {
  readonly id: number;
  readonly peer: Peer;
  readonly reader: ThreadReader;
  readonly producer: LogProducer;
  readonly onClose: () => void;
}

/** A consumer group's member in a thread that does not own the log: rebalances happen inside its polls. */
export class ThreadMember implements GroupMember {
  readonly #parts: ThreadMemberParts;
  readonly #options: GroupOptions;
  #generation: GroupGeneration;
  /** The group may have changed since this member last looked. */
  #isChanged = true;
  #polledAt = 0;

  private constructor(parts: ThreadMemberParts, options: GroupOptions, { generation }: ThreadMemberView) {
    this.#parts = parts;
    this.#options = options;
    this.#generation = generation;
  }

  /** `register` is called before the owner may ask something of the member. */
  static async join(
    parts: ThreadMemberParts,
    options: GroupOptions,
    register: (asked: AskedOfMember) => void,
  ): Promise<ThreadMember> {
    let member: ThreadMember | undefined;
    register({
      userData: () => userDataOf(options),
      assign: (members, partitions) => planOf(options, members, partitions),
      groupsChanged: () => {
        if (member !== undefined) member.#groupsChanged();
      },
    });
    member = new ThreadMember(parts, options, await joinAs(parts, options));
    return member;
  }

  get generation(): GroupGeneration {
    return this.#generation;
  }

  #groupsChanged(): void {
    this.#isChanged = true;
    this.#parts.reader.wake();
  }

  async poll(options: PollOptions): Promise<RecordBatch[]> {
    this.#notePoll();
    const settled = !this.#isChanged || (await this.#reconcile());
    // Something else may be free by now: look again soon instead of waiting for records.
    return this.#parts.reader.poll(settled ? options : { ...options, maxWaitMs: 0 });
  }

  #notePoll(): void {
    const now = performance.now();
    if (now - this.#polledAt < polledMs) return;
    this.#polledAt = now;
    this.#parts.peer.note('polled', this.#parts.id);
  }

  async #reconcile(): Promise<boolean> {
    const { id, peer, reader } = this.#parts;
    this.#isChanged = false;
    const view = await peer.call<ThreadMemberView>('look', id);
    this.#generation = view.generation;
    if (view.fenced) return this.#rejoin();
    if (view.userData !== undefined) this.#options.onUserData?.(view.userData);
    const revoked = view.toRevoke;
    if (revoked.length > 0) {
      await this.#options.onRevoked(revoked);
      for (const partition of revoked) reader.remove(partition);
      await peer.call('release', { member: id, partitions: revoked });
    }
    const { fenced, partitions: assigned } = await peer.call<TakenPartitions>('take', {
      member: id,
      plan: view.plan,
    });
    if (fenced) return this.#rejoin();
    if (assigned.length > 0) {
      for (const partition of assigned) reader.add({ ...partition, offset: 0 }, { paused: true });
      await this.#options.onAssigned(assigned);
      this.#notePoll();
    }
    return revoked.length === 0 && assigned.length === 0;
  }

  /** The group went on without this member: drop everything and come back as a new one. */
  async #rejoin(): Promise<boolean> {
    const { reader } = this.#parts;
    const lost = reader.partitions();
    for (const partition of lost) reader.remove(partition);
    this.#generation = (await joinAs(this.#parts, this.#options)).generation;
    this.#isChanged = true;
    await this.#options.onLost(lost);
    return false;
  }

  seek(partition: TopicPartition, offset: number): void {
    this.#parts.reader.seek(partition, offset);
  }

  pause(partition: TopicPartition): void {
    this.#parts.reader.pause(partition);
  }

  resume(partition: TopicPartition): void {
    this.#parts.reader.resume(partition);
  }

  lag(partition: TopicPartition): number | undefined {
    return this.#parts.reader.lag(partition);
  }

  async commit(commits: readonly OffsetCommit[]): Promise<void> {
    const { group } = this.#options;
    await this.#parts.producer.commit({
      records: [],
      offsets: { group, member: this.generation, commits },
    });
  }

  rejoin(): void {
    this.#parts.peer.note('rejoin', this.#parts.id);
  }

  async close(): Promise<void> {
    const { id, peer, reader, producer, onClose } = this.#parts;
    await reader.close();
    await producer.close();
    onClose();
    await peer.call('leave', id);
  }
}

function userDataOf({ userData }: GroupOptions): Uint8Array {
  return userData ?? new Uint8Array();
}

function joinAs({ id, peer }: ThreadMemberParts, options: GroupOptions): Promise<ThreadMemberView> {
  const { group, topics, maxPollIntervalMs } = options;
  const request: ThreadJoin & { readonly member: number } = { member: id, group, topics, maxPollIntervalMs };
  return peer.call<ThreadMemberView>('join', request);
}
