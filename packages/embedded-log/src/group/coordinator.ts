import { randomUUID } from 'node:crypto';
import {
  type AssignorMember,
  type GroupGeneration,
  type GroupSnapshot,
  LogError,
  parseTopicPartition,
  type TopicPartition,
  topicPartitionKey,
} from '@millrace/log-client';
import type { GroupPlan, MemberOptions } from './member-options.ts';

/** One member as its coordinator sees it. Partitions are named by their `topic-partition` keys. */
export interface MemberState {
  readonly id: string;
  readonly options: MemberOptions;
  /** What it may commit for. */
  readonly owned: Set<string>;
  /** What it is to own once others have released it. */
  target: ReadonlySet<string>;
  /** What the assignor tells it, until it has heard. */
  assignedUserData: Uint8Array | undefined;
  lastPollAt: number;
  fenced: boolean;
  /** Its assignor has thrown this, which its next poll throws. */
  failure: unknown;
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
  /** A plan is being made in another thread. */
  #isPlanning = false;
  generation = 0;
  /** Which plan the members' targets are of. */
  plan = 0;

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
    const hasTarget = ({ owned, target }: MemberState): boolean =>
      owned.size === target.size && [...target].every((key) => owned.has(key));
    const isStable = !this.#isPlanning && members.every(hasTarget);
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

  join(options: MemberOptions, now: number): MemberState {
    const member: MemberState = {
      id: randomUUID(),
      options,
      owned: new Set(),
      target: new Set(),
      assignedUserData: undefined,
      lastPollAt: now,
      fenced: false,
      failure: undefined,
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

  /** Makes a new plan: at once, or as soon as the members in other threads have answered. */
  rebalance(): void {
    this.generation++;
    this.#isPlanning = false;
    const members = [...this.#members.values()];
    const leader = members[0];
    if (leader !== undefined) {
      const userData = members.map(({ options }) => options.userData());
      const plan = then(allOf(userData), (known) => {
        const described = members.map((member, index) => describe(member, known[index]!));
        return leader.options.assign(described, this.#counts(members));
      });
      if (plan instanceof Promise) this.#adoptLater(leader, members, plan);
      else this.#adopt(members, plan);
    }
    this.#onChange();
  }

  #counts(members: readonly MemberState[]): ReadonlyMap<string, number> {
    const topics = [...new Set(members.flatMap(({ options }) => options.topics))].sort();
    return new Map(topics.map((topic) => [topic, this.#partitions(topic)] as const));
  }

  #adopt(members: readonly MemberState[], { assignment, userData }: GroupPlan): void {
    this.plan++;
    for (const member of members) {
      member.assignedUserData = userData?.get(member.id) ?? member.assignedUserData;
      const partitions = assignment.get(member.id) ?? [];
      member.target = new Set(partitions.map(({ topic, partition }) => topicPartitionKey(topic, partition)));
    }
  }

  /** Until then members keep what they have; the plan is dropped if the group changes meanwhile. */
  #adoptLater(leader: MemberState, members: readonly MemberState[], plan: Promise<GroupPlan>): void {
    const { generation } = this;
    this.#isPlanning = true;
    const end = (finish: () => void): void => {
      if (generation !== this.generation) return;
      this.#isPlanning = false;
      finish();
      this.#onChange();
    };
    plan.then(
      (made) => end(() => this.#adopt(members, made)),
      (error: unknown) =>
        end(() => {
          leader.failure = error;
        }),
    );
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

  /** @throws what a member's assignor has thrown in another thread, once */
  assertPlanned(member: MemberState): void {
    const { failure } = member;
    member.failure = undefined;
    if (failure !== undefined) throw failure;
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

  /**
   * Gives a member the partitions of its target that are free; none where there is a newer plan than the one
   * it has looked at, which it has to see first.
   */
  takeFree(member: MemberState, plan: number): TopicPartition[] {
    if (plan !== this.plan) return [];
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

function describe({ id, options, owned }: MemberState, userData: Uint8Array): AssignorMember {
  return { id, topics: options.topics, userData, owned: [...owned].map(parseTopicPartition) };
}

function then<T, R>(value: T | Promise<T>, next: (value: T) => R | Promise<R>): R | Promise<R> {
  return value instanceof Promise ? value.then(next) : next(value);
}

function allOf<T>(values: readonly (T | Promise<T>)[]): readonly T[] | Promise<readonly T[]> {
  return values.some((value) => value instanceof Promise) ? Promise.all(values) : (values as readonly T[]);
}
