import { randomUUID } from 'node:crypto';
import {
  type AssignorMember,
  type GroupGeneration,
  type GroupOptions,
  type GroupSnapshot,
  LogError,
  parseTopicPartition,
  type TopicPartition,
  topicPartitionKey,
} from '@millrace/log-client';

/** One member as its coordinator sees it. Partitions are named by their `topic-partition` keys. */
export interface MemberState {
  readonly id: string;
  readonly options: GroupOptions;
  /** What it may commit for. */
  readonly owned: Set<string>;
  /** What it is to own once others have released it. */
  target: ReadonlySet<string>;
  /** What the assignor tells it, until it has heard. */
  assignedUserData: Uint8Array | undefined;
  lastPollAt: number;
  fenced: boolean;
}

/**
 * A consumer group. A change of members or topics gives every member a new target; each one gives up what is
 * no longer its own at its next poll, and takes what is free: partitions that stay where they are never
 * pause.
 */
export class GroupCoordinator {
  readonly group: string;
  readonly #partitions: (topic: string) => number;
  readonly #onChange: () => void;
  readonly #members = new Map<string, MemberState>();
  readonly #owners = new Map<string, MemberState>();
  generation = 0;

  constructor(group: string, partitions: (topic: string) => number, onChange: () => void) {
    this.group = group;
    this.#partitions = partitions;
    this.#onChange = onChange;
  }

  get size(): number {
    return this.#members.size;
  }

  get isEmpty(): boolean {
    return this.#members.size === 0;
  }

  /** Its members, and whether each has what it is to have. */
  snapshot(): GroupSnapshot | undefined {
    if (this.isEmpty) return undefined;
    const members = [...this.#members.values()];
    const isStable = members.every(
      ({ owned, target }) => owned.size === target.size && [...target].every((key) => owned.has(key)),
    );
    return {
      state: isStable ? 'stable' : 'rebalancing',
      members: members.map(({ id, owned }) => ({
        id,
        clientId: '',
        host: '',
        partitions: [...owned].map(parseTopicPartition),
      })),
    };
  }

  join(options: GroupOptions, now: number): MemberState {
    const member: MemberState = {
      id: randomUUID(),
      options,
      owned: new Set(),
      target: new Set(),
      assignedUserData: undefined,
      lastPollAt: now,
      fenced: false,
    };
    this.#members.set(member.id, member);
    this.rebalance();
    return member;
  }

  /** Takes a member out, whether it asked to leave or has been silent for too long. */
  remove(member: MemberState): void {
    if (!this.#members.delete(member.id)) return;
    member.fenced = true;
    for (const key of member.owned) this.#owners.delete(key);
    member.owned.clear();
    this.rebalance();
  }

  /** Fences members that have not polled within their interval, so that their partitions can move on. */
  expire(now: number): void {
    for (const member of this.#members.values()) {
      if (now - member.lastPollAt > member.options.maxPollIntervalMs) this.remove(member);
    }
  }

  rebalance(): void {
    this.generation++;
    const members = [...this.#members.values()];
    const first = members[0];
    if (first !== undefined) {
      const topics = [...new Set(members.flatMap(({ options }) => options.topics))].sort();
      const counts = new Map(topics.map((topic) => [topic, this.#partitions(topic)] as const));
      const { assignor } = first.options;
      const described = members.map(describe);
      const assignment = assignor.assign(described, counts);
      const userData = assignor.userData?.(described, assignment);
      for (const member of members) {
        member.assignedUserData = userData?.get(member.id) ?? member.assignedUserData;
        const partitions = assignment.get(member.id) ?? [];
        member.target = new Set(
          partitions.map(({ topic, partition }) => topicPartitionKey(topic, partition)),
        );
      }
    }
    this.#onChange();
  }

  /**
   * These topics are deleted: members lose what they owned of them, whatever comes to have the same
   * name.
   */
  forget(topics: ReadonlySet<string>): void {
    for (const [key, owner] of this.#owners) {
      if (!topics.has(parseTopicPartition(key).topic)) continue;
      this.#owners.delete(key);
      owner.owned.delete(key);
    }
  }

  /** What a member has to give up now. */
  toRevoke(member: MemberState): TopicPartition[] {
    return [...member.owned].filter((key) => !member.target.has(key)).map(parseTopicPartition);
  }

  release(member: MemberState, partitions: readonly TopicPartition[]): void {
    for (const { topic, partition } of partitions) {
      const key = topicPartitionKey(topic, partition);
      if (member.owned.delete(key)) this.#owners.delete(key);
    }
    this.#onChange();
  }

  /** Gives a member the partitions of its target that are free. */
  takeFree(member: MemberState): TopicPartition[] {
    const taken = [...member.target].filter((key) => !this.#owners.has(key));
    for (const key of taken) {
      this.#owners.set(key, member);
      member.owned.add(key);
    }
    return taken.map(parseTopicPartition);
  }

  /** @throws LogError `LOG_FENCED` unless the committer owns every one of the partitions */
  assertMayCommit(committer: GroupGeneration | undefined, partitions: readonly TopicPartition[]): void {
    if (committer === undefined) {
      if (this.isEmpty) return;
      throw new LogError(
        'LOG_FENCED',
        `Group "${this.group}" has members: offsets can be set from outside only while it has none`,
      );
    }
    for (const { topic, partition } of partitions) {
      const key = topicPartitionKey(topic, partition);
      if (this.#owners.get(key)?.id === committer.memberId) continue;
      throw new LogError(
        'LOG_FENCED',
        `Member ${committer.memberId} of group "${this.group}" does not own ${key} any more: nothing was committed`,
      );
    }
  }
}

function describe({ id, options, owned }: MemberState): AssignorMember {
  return {
    id,
    topics: options.topics,
    userData: options.userData ?? new Uint8Array(),
    owned: [...owned].map(parseTopicPartition),
  };
}
