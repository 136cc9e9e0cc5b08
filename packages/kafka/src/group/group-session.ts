import {
  byTopic,
  type GroupGeneration,
  type GroupOptions,
  LogError,
  type OffsetCommit,
  type TopicPartition,
} from '@millrace/log-client';
import type { Cluster } from '../cluster/cluster.ts';
import {
  heartbeatApi,
  joinGroupApi,
  decodeAssignment,
  encodeAssignment,
  encodeSubscription,
  leaveGroupApi,
  type MemberAssignment,
  offsetCommitApi,
  syncGroupApi,
} from '@millrace/kafka-protocol/messages';
import { assertOk, errorType, isPassing, toLogError } from '../errors.ts';
import { assignorMembers } from './assignor-members.ts';
import { cooperativeAssignment } from './cooperative-assignment.ts';

const protocolType = 'consumer';
/** The last version in which the leader always assigns; from the next on a broker may say not to. */
const namedByBroker = 8;
const nobody: GroupGeneration = { memberId: '', generation: -1 };

export interface Joined extends MemberAssignment {
  readonly generation: GroupGeneration;
}

/**
 * A member's talk with its group's coordinator. Joining has a connection of its own: it keeps the
 * coordinator's answer waiting, and whatever came behind it on the same connection.
 */
export class GroupSession {
  readonly #group: GroupOptions;
  readonly #cluster: Cluster;
  readonly #joining: Cluster;
  #generation = nobody;

  constructor(group: GroupOptions, cluster: Cluster, joining: Cluster) {
    this.#group = group;
    this.#cluster = cluster;
    this.#joining = joining;
  }

  get generation(): GroupGeneration {
    return this.#generation;
  }

  get #instanceId(): string | null {
    return this.#cluster.options.groupInstanceId ?? null;
  }

  /** The group has removed this member; it may join as a new one. */
  forget(): void {
    this.#generation = nobody;
  }

  /** Joins, or joins again with what it owns; resolves once the group has settled who gets what. */
  async join(owned: readonly TopicPartition[]): Promise<Joined> {
    const { group, topics, userData = Buffer.alloc(0), assignor, maxPollIntervalMs } = this.#group;
    const { sessionTimeoutMs } = this.#joining.options;
    const { generation } = this.#generation;
    const metadata = encodeSubscription({ topics, userData, owned, generation });
    return this.#joining.retry(
      `Joining group ${group}`,
      async () => {
        const coordinator = await this.#joining.coordinator(group, 'group');
        const joined = await coordinator.send(
          joinGroupApi,
          {
            groupId: group,
            sessionTimeoutMs,
            rebalanceTimeoutMs: maxPollIntervalMs,
            memberId: this.#generation.memberId,
            groupInstanceId: this.#instanceId,
            protocolType,
            protocols: [{ name: assignor.name, metadata }],
          },
          { newest: namedByBroker, waitMs: maxPollIntervalMs },
        );
        const { memberId, generationId, leader } = joined;
        // MEMBER_ID_REQUIRED comes with the id to join under.
        if (memberId !== '') this.#generation = { memberId, generation: this.#generation.generation };
        assertOk(joined.errorCode, group);
        const shares: ReadonlyMap<string, MemberAssignment> =
          memberId === leader ? await this.#assign(joined.members) : new Map();
        const synced = await coordinator.send(
          syncGroupApi,
          {
            groupId: group,
            generationId,
            memberId,
            groupInstanceId: this.#instanceId,
            protocolType,
            protocolName: assignor.name,
            assignments: [...shares].map(([id, share]) => ({
              memberId: id,
              assignment: encodeAssignment(share),
            })),
          },
          { waitMs: maxPollIntervalMs },
        );
        assertOk(synced.errorCode, group);
        this.#generation = { memberId, generation: generationId };
        return { generation: this.#generation, ...decodeAssignment(synced.assignment) };
      },
      { timeoutMs: Number.POSITIVE_INFINITY, alsoPassing: (error) => this.#joinsAgain(error) },
    );
  }

  /** Whether JoinGroup is retried after this error. */
  #joinsAgain(error: unknown): boolean {
    const type = errorType(error);
    return type === 'REBALANCE_IN_PROGRESS' || type === 'MEMBER_ID_REQUIRED';
  }

  /** Decides for the whole group, as its leader. */
  async #assign(
    joined: readonly { readonly memberId: string; readonly metadata: Buffer }[],
  ): Promise<Map<string, MemberAssignment>> {
    const members = assignorMembers(joined);
    const topics = [...new Set(members.flatMap((member) => member.topics))];
    const { topics: found } = await this.#joining.metadata(topics);
    const partitions = new Map(
      found.filter(({ errorCode }) => errorCode === 0).map(({ name, leaders }) => [name, leaders.length]),
    );
    const { assignor } = this.#group;
    const target = assignor.assign(members, partitions);
    const userData = assignor.userData?.(members, target);
    const shares = cooperativeAssignment(target, members);
    return new Map(
      [...shares].map(([id, share]) => [id, { partitions: share, userData: userData?.get(id) }]),
    );
  }

  /**
   * @returns what the coordinator says: all is well, the group wants everyone to join again, or it does not
   * know us
   */
  async heartbeat(): Promise<'well' | 'rebalancing' | 'unknown'> {
    const { group: groupId } = this.#group;
    const { memberId, generation: generationId } = this.#generation;
    try {
      const coordinator = await this.#cluster.coordinator(groupId, 'group');
      const groupInstanceId = this.#instanceId;
      const request = { groupId, generationId, memberId, groupInstanceId };
      const { errorCode } = await coordinator.send(heartbeatApi, request);
      assertOk(errorCode, groupId);
      return 'well';
    } catch (error) {
      const type = errorType(error);
      if (type === 'REBALANCE_IN_PROGRESS') return 'rebalancing';
      if (isUnknownMember(error)) return 'unknown';
      if (!isPassing(error)) throw toLogError(error, `Heartbeat to group ${groupId}`);
      this.#cluster.forgetCoordinator(groupId, 'group');
      return 'well';
    }
  }

  /** Commits offsets as a member of the present generation. @throws LogError `LOG_FENCED` */
  async commit(offsets: readonly OffsetCommit[]): Promise<void> {
    if (offsets.length === 0) return;
    const { group: groupId } = this.#group;
    const topics = byTopic(offsets).map(({ topic: name, entries }) => ({
      name,
      partitions: entries.map(({ partition, offset, metadata }) => ({
        partitionIndex: partition,
        committedOffset: offset,
        committedMetadata: metadata,
      })),
    }));
    let tried = this.#generation;
    await this.#cluster.retry(
      `Committing offsets of ${groupId}`,
      async () => {
        tried = this.#generation;
        const { memberId, generation } = tried;
        if (generation < 0) throw new LogError('LOG_FENCED', `This member is out of group ${groupId}`);
        const coordinator = await this.#cluster.coordinator(groupId, 'group');
        const request = { groupId, generationIdOrMemberEpoch: generation, memberId, topics };
        const answer = await coordinator.send(offsetCommitApi, request);
        for (const { partitions } of answer.topics) {
          for (const { errorCode } of partitions) assertOk(errorCode, groupId);
        }
      },
      {
        alsoPassing: (error) => {
          const type = errorType(error);
          // The group has gone on to a new generation, with this member in it.
          if (type === 'ILLEGAL_GENERATION') return this.#generation.generation > tried.generation;
          return type === 'REBALANCE_IN_PROGRESS';
        },
      },
    );
  }

  /**
   * Sends LeaveGroup, so that the group need not wait for the session timeout. A static member keeps its
   * place.
   */
  async leave(): Promise<void> {
    const { group: groupId } = this.#group;
    const { memberId } = this.#generation;
    this.forget();
    if (memberId === '' || this.#instanceId !== null) return;
    try {
      const coordinator = await this.#cluster.coordinator(groupId, 'group');
      await coordinator.send(leaveGroupApi, { groupId, members: [{ memberId }] });
    } catch {
      // The session times out instead.
    }
  }
}

/** The coordinator has put this member out of the group, or another one took its place. */
export function isUnknownMember(error: unknown): boolean {
  const cause = (error as { readonly cause?: unknown }).cause;
  const type = errorType(error) ?? errorType(cause ?? {});
  return ['UNKNOWN_MEMBER_ID', 'ILLEGAL_GENERATION', 'FENCED_INSTANCE_ID'].includes(type ?? '');
}
