import {
  type GroupGeneration,
  type GroupOptions,
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
import { generationOf, goesOn, MemberGeneration, type Membership } from './member-generation.ts';
import { offsetTopics } from './offset-topics.ts';

const protocolType = 'consumer';
/** The last version in which the leader always assigns; from the next on a broker may say not to. */
const namedByBroker = 8;

/**
 * A member's talk with its group's coordinator. Joining has a connection of its own: it keeps the
 * coordinator's answer waiting, and whatever came behind it on the same connection.
 */
export class GroupSession {
  readonly #group: GroupOptions;
  readonly #cluster: Cluster;
  readonly #joining: Cluster;
  readonly #now: Membership = { memberId: '', generation: -1, isJoining: false };

  constructor(group: GroupOptions, cluster: Cluster, joining: Cluster) {
    this.#group = group;
    this.#cluster = cluster;
    this.#joining = joining;
  }

  /** Where this member stands, now and as the group goes on; see {@link MemberGeneration}. */
  get generation(): GroupGeneration {
    return new MemberGeneration(this.#now);
  }

  get #instanceId(): string | null {
    return this.#cluster.options.groupInstanceId ?? null;
  }

  /** The group has removed this member; it may join as a new one. */
  forget(): void {
    this.#now.memberId = '';
    this.#now.generation = -1;
  }

  /** Joins, or joins again with what it owns; resolves once the group has settled who gets what. */
  async join(owned: readonly TopicPartition[]): Promise<MemberAssignment> {
    this.#now.isJoining = true;
    try {
      return await this.#join(owned);
    } finally {
      this.#now.isJoining = false;
    }
  }

  #join(owned: readonly TopicPartition[]): Promise<MemberAssignment> {
    const { group, topics, userData = Buffer.alloc(0), assignor, maxPollIntervalMs } = this.#group;
    const { sessionTimeoutMs } = this.#joining.options;
    const { generation } = this.#now;
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
            memberId: this.#now.memberId,
            groupInstanceId: this.#instanceId,
            protocolType,
            protocols: [{ name: assignor.name, metadata }],
          },
          { newest: namedByBroker, waitMs: maxPollIntervalMs },
        );
        const { memberId, generationId, leader } = joined;
        // MEMBER_ID_REQUIRED comes with the id to join under.
        if (memberId !== '') this.#now.memberId = memberId;
        assertOk(joined.errorCode, group);
        // From now on the group takes commits of this generation only. What a member owns stays with it until
        // it says that it has given it up.
        this.#now.generation = generationId;
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
        return decodeAssignment(synced.assignment);
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
    const { memberId, generation: generationId } = this.#now;
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
    const topics = offsetTopics(offsets);
    const member = this.generation;
    let tried = -1;
    await this.#cluster.retry(
      `Committing offsets of ${groupId}`,
      async () => {
        tried = generationOf(member, groupId);
        const coordinator = await this.#cluster.coordinator(groupId, 'group');
        const { memberId } = member;
        const request = { groupId, generationIdOrMemberEpoch: tried, memberId, topics };
        const answer = await coordinator.send(offsetCommitApi, request);
        for (const { partitions } of answer.topics) {
          for (const { errorCode } of partitions) assertOk(errorCode, groupId);
        }
      },
      { alsoPassing: (error) => goesOn(error, tried, member) },
    );
  }

  /**
   * Sends LeaveGroup, so that the group need not wait for the session timeout. A static member keeps its
   * place.
   */
  async leave(): Promise<void> {
    const { group: groupId } = this.#group;
    const { memberId } = this.#now;
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
