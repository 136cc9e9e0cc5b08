import { Refusal } from '@millrace/embedded-log/raw';
import {
  type CallerIdentity,
  commonProtocol,
  has,
  type JoinAnswer,
  type JoinRequest,
  MemberIdRequired,
  type Member,
  newMember,
  noAssignment,
  sameProtocols,
  touch,
  update,
} from './group-member.ts';

/** As Kafka's tools print it. */
export type ClassicGroupState = 'Empty' | 'PreparingRebalance' | 'CompletingRebalance' | 'Stable' | 'Dead';

export interface ClassicGroupOptions {
  readonly name: string;
  readonly maxSize: number;
  readonly newMemberId: (request: JoinRequest) => string;
}

/**
 * A consumer group as Kafka's classic protocol has it: members join, the leader assigns, all fetch their
 * share; each member that joins or leaves starts a rebalance. Lives in memory: after a restart members
 * rejoin.
 */
export class ClassicGroup {
  readonly name: string;
  readonly #options: ClassicGroupOptions;
  readonly #members = new Map<string, Member>();
  readonly #staticIds = new Map<string, string>();
  /** Ids that were given out and have not joined yet: when they expire. */
  readonly #pendingIds = new Map<string, number>();
  state: ClassicGroupState = 'Empty';
  generation = 0;
  protocolType = '';
  protocolName = '';
  leader = '';
  #rebalanceEndsAt = Number.POSITIVE_INFINITY;

  constructor(options: ClassicGroupOptions) {
    this.name = options.name;
    this.#options = options;
  }

  get members(): readonly Member[] {
    return [...this.#members.values()];
  }

  get size(): number {
    return this.#members.size;
  }

  /** Has someone join, or join again. @throws Refusal */
  join(request: JoinRequest, { needsId }: { readonly needsId: boolean }): Promise<JoinAnswer> {
    const { groupInstanceId, memberId } = request;
    this.#assertFits(request);
    if (!this.#members.has(memberId)) this.#assertRoom(request);
    if (memberId === '' && groupInstanceId === null && needsId) {
      const id = this.#options.newMemberId(request);
      this.#pendingIds.set(id, performance.now() + request.sessionTimeoutMs);
      throw new MemberIdRequired(id);
    }
    if (memberId === '') return this.#joinNew(request);
    if (this.#pendingIds.delete(memberId)) return this.#add(memberId, request);
    return this.#joinAgain(this.#known(memberId, groupInstanceId), request);
  }

  #assertFits({ protocolType, protocols, memberId }: JoinRequest): void {
    const others = this.members.filter(({ id }) => id !== memberId);
    const isKind = protocolType !== '' && (this.size === 0 || this.protocolType === protocolType);
    const isKnown = protocols.some(({ name }) => others.every((other) => has(other, name)));
    if (!isKind || !isKnown) throw inconsistent(this.name);
  }

  /** Before an id is given out: it would be of no use. */
  #assertRoom({ groupInstanceId }: JoinRequest): void {
    const isBack = groupInstanceId !== null && this.#staticIds.has(groupInstanceId);
    if (isBack || this.size < this.#options.maxSize) return;
    throw new Refusal('GROUP_MAX_SIZE_REACHED', `group ${this.name} has as many members as it may`);
  }

  #joinNew(request: JoinRequest): Promise<JoinAnswer> {
    const id = this.#options.newMemberId(request);
    const before = this.#members.get(this.#staticIds.get(request.groupInstanceId ?? '') ?? '');
    return before === undefined ? this.#add(id, request) : this.#replace(before, id, request);
  }

  #add(id: string, request: JoinRequest): Promise<JoinAnswer> {
    const { groupInstanceId, protocolType } = request;
    if (this.size === 0) this.protocolType = protocolType;
    const member = newMember(id, request);
    this.#members.set(id, member);
    if (groupInstanceId !== null) this.#staticIds.set(groupInstanceId, id);
    return this.#rejoin(member);
  }

  /** A static member has come back under a new id: the one before is fenced. */
  #replace(member: Member, id: string, request: JoinRequest): Promise<JoinAnswer> {
    const fenced = new Refusal('FENCED_INSTANCE_ID', `${request.groupInstanceId} has joined again`);
    member.joining?.reject(fenced);
    member.syncing?.reject(fenced);
    member.joining = undefined;
    member.syncing = undefined;
    this.#members.delete(member.id);
    const wasLeader = this.leader === member.id;
    member.id = id;
    this.#members.set(id, member);
    this.#staticIds.set(request.groupInstanceId!, id);
    if (wasLeader) this.leader = id;
    const isSame = sameProtocols(member.protocols, request.protocols);
    update(member, request);
    // Nothing has changed for the others: it goes on with what it had.
    if (this.state === 'Stable' && isSame) return Promise.resolve(this.#joined(member, true));
    return this.#rejoin(member);
  }

  #joinAgain(member: Member, request: JoinRequest): Promise<JoinAnswer> {
    const isSame = sameProtocols(member.protocols, request.protocols);
    update(member, request);
    const isLeader = member.id === this.leader;
    // The answer to its last request was lost, or it asks without need.
    const mayStay = this.state === 'CompletingRebalance' || (this.state === 'Stable' && !isLeader);
    if (mayStay && isSame) return Promise.resolve(this.#joined(member, false));
    return this.#rejoin(member);
  }

  #rejoin(member: Member): Promise<JoinAnswer> {
    return new Promise((resolve, reject) => {
      member.joining?.reject(new Refusal('REBALANCE_IN_PROGRESS', 'it has asked again'));
      member.joining = { resolve, reject };
      this.#prepare();
      // Others that come in the same moment are part of it.
      setImmediate(() => this.#completeIfAllJoined());
    });
  }

  #prepare(): void {
    if (this.state === 'PreparingRebalance') return;
    this.state = 'PreparingRebalance';
    const longest = Math.max(0, ...this.members.map(({ rebalanceTimeoutMs }) => rebalanceTimeoutMs));
    this.#rebalanceEndsAt = performance.now() + longest;
    this.#endSyncing(new Refusal('REBALANCE_IN_PROGRESS', `group ${this.name} rebalances`));
  }

  #endSyncing(why: Refusal): void {
    for (const member of this.members) {
      member.syncing?.reject(why);
      member.syncing = undefined;
    }
  }

  #completeIfAllJoined(): void {
    const isReady = this.state === 'PreparingRebalance' && this.#pendingIds.size === 0;
    if (isReady && this.members.every(({ joining }) => joining !== undefined)) this.#complete();
  }

  #complete(): void {
    this.generation++;
    this.#rebalanceEndsAt = Number.POSITIVE_INFINITY;
    if (this.size === 0) {
      this.state = 'Empty';
      this.leader = '';
      this.protocolName = '';
      return;
    }
    if (!this.#members.has(this.leader)) this.leader = this.members[0]!.id;
    this.protocolName = commonProtocol(this.members);
    this.state = 'CompletingRebalance';
    for (const member of this.members) {
      member.assignment = noAssignment;
      const { joining } = member;
      member.joining = undefined;
      touch(member);
      joining?.resolve(this.#joined(member, false));
    }
  }

  #joined({ id }: Member, skipAssignment: boolean): JoinAnswer {
    const isLeader = id === this.leader;
    return {
      generationId: this.generation,
      protocolName: this.protocolName,
      leader: this.leader,
      memberId: id,
      skipAssignment: isLeader && skipAssignment,
      members: isLeader
        ? this.members.map((member) => ({
            memberId: member.id,
            groupInstanceId: member.groupInstanceId,
            metadata:
              member.protocols.find(({ name }) => name === this.protocolName)?.metadata ?? noAssignment,
          }))
        : [],
    };
  }

  /** Takes the leader's assignment in; resolves to a member's own share. @throws Refusal */
  sync(
    caller: CallerIdentity,
    assignments: readonly { readonly memberId: string; readonly assignment: Buffer }[],
  ): Promise<Buffer> {
    const member = this.assertMember(caller);
    touch(member);
    if (this.state === 'PreparingRebalance') throw new Refusal('REBALANCE_IN_PROGRESS', this.name);
    if (this.state === 'Stable') return Promise.resolve(member.assignment);
    if (member.id !== this.leader) {
      return new Promise((resolve, reject) => {
        member.syncing = { resolve, reject };
      });
    }
    for (const { memberId, assignment } of assignments) {
      const of = this.#members.get(memberId);
      // A view of the request would keep all of it.
      if (of !== undefined) of.assignment = Buffer.from(assignment);
    }
    this.state = 'Stable';
    for (const other of this.members) {
      other.syncing?.resolve(other.assignment);
      other.syncing = undefined;
      touch(other);
    }
    return Promise.resolve(member.assignment);
  }

  /** @throws Refusal where it is not a member any more, or has to join again */
  heartbeat(caller: CallerIdentity): void {
    touch(this.assertMember(caller));
    if (this.state === 'PreparingRebalance') throw new Refusal('REBALANCE_IN_PROGRESS', this.name);
  }

  /** Takes a member out. @throws Refusal */
  leave(memberId: string, groupInstanceId: string | null): void {
    if (this.#pendingIds.delete(memberId)) {
      this.#completeIfAllJoined();
      return;
    }
    const id = memberId === '' && groupInstanceId !== null ? this.#staticIds.get(groupInstanceId) : memberId;
    if (id === undefined) throw new Refusal('UNKNOWN_MEMBER_ID', `${groupInstanceId} is no member`);
    this.#remove(this.#known(id, groupInstanceId));
  }

  #remove(member: Member): void {
    this.#members.delete(member.id);
    if (member.groupInstanceId !== null) this.#staticIds.delete(member.groupInstanceId);
    const gone = new Refusal('UNKNOWN_MEMBER_ID', `${member.id} is no member of ${this.name} any more`);
    member.joining?.reject(gone);
    member.syncing?.reject(gone);
    if (this.size === 0) this.#complete();
    else {
      this.#prepare();
      this.#completeIfAllJoined();
    }
  }

  /** Takes out members that have been silent, and does not wait any longer for those that do not join. */
  expire(now: number): void {
    for (const [id, expiresAt] of this.#pendingIds) if (expiresAt < now) this.#pendingIds.delete(id);
    // The others may have waited for one of these.
    this.#completeIfAllJoined();
    const isOver = this.state === 'PreparingRebalance' && now > this.#rebalanceEndsAt;
    // Who waits for the others need not send heartbeats meanwhile.
    const gone = this.members.filter(
      ({ joining, expiresAt, groupInstanceId }) =>
        joining === undefined && (now > expiresAt || (isOver && groupInstanceId === null)),
    );
    for (const member of gone) this.#remove(member);
    if (isOver && this.state === 'PreparingRebalance') {
      this.#pendingIds.clear();
      this.#complete();
    }
  }

  /** @throws Refusal unless the caller is a member, as it says, of this generation */
  assertMember({ memberId, groupInstanceId, generationId }: CallerIdentity): Member {
    const member = this.#known(memberId, groupInstanceId);
    if (generationId === this.generation) return member;
    throw new Refusal(
      'ILLEGAL_GENERATION',
      `${this.name} is in generation ${this.generation}, not ${generationId}`,
    );
  }

  #known(memberId: string, groupInstanceId: string | null): Member {
    const current = groupInstanceId === null ? undefined : this.#staticIds.get(groupInstanceId);
    if (current !== undefined && current !== memberId) {
      throw new Refusal('FENCED_INSTANCE_ID', `${groupInstanceId} has joined again`);
    }
    const member = this.#members.get(memberId);
    if (member !== undefined) return member;
    throw new Refusal('UNKNOWN_MEMBER_ID', `${memberId} is no member of ${this.name}`);
  }

  /**
   * Checks that this caller may commit offsets; one without a member id may only while the group has no
   * members. @throws Refusal
   */
  assertMayCommit(caller: CallerIdentity, { isTransactional }: { readonly isTransactional: boolean }): void {
    if (caller.generationId < 0 && caller.memberId === '') {
      // A transaction is fenced by its producer.
      if (this.size === 0 || isTransactional) return;
      throw new Refusal('UNKNOWN_MEMBER_ID', `group ${this.name} has members: only they commit its offsets`);
    }
    touch(this.assertMember(caller));
    if (this.state === 'CompletingRebalance' && !isTransactional) {
      throw new Refusal('REBALANCE_IN_PROGRESS', `group ${this.name} is being assigned`);
    }
  }

  /** Ends it: the server is closed. */
  close(): void {
    const why = new Refusal('COORDINATOR_NOT_AVAILABLE', 'the server is closed');
    this.#endSyncing(why);
    for (const member of this.members) member.joining?.reject(why);
    this.#members.clear();
    this.state = 'Dead';
  }
}

function inconsistent(group: string): Refusal {
  return new Refusal('INCONSISTENT_GROUP_PROTOCOL', `members of ${group} have no protocol in common`);
}
