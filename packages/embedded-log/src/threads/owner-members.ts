import type { AssignorMember, TopicPartition } from '@millrace/log-client';
import type { GroupCoordinator, MemberState } from '../group/coordinator.ts';
import type { GroupPlan } from '../group/member-options.ts';
import type { ThreadJoin, ThreadMemberView, TakenPartitions } from './messages.ts';
import type { Peer } from './peer.ts';

interface OwnedMember {
  readonly coordinator: GroupCoordinator;
  state: MemberState;
}

/** The members of groups that are in another thread. */
export class OwnerMembers {
  readonly #group: (name: string) => GroupCoordinator;
  readonly #peer: () => Peer;
  readonly #members = new Map<number, OwnedMember>();

  constructor(group: (name: string) => GroupCoordinator, peer: () => Peer) {
    this.#group = group;
    this.#peer = peer;
  }

  /** Groups have changed: members look at what is theirs. */
  changed(): void {
    if (this.#members.size > 0) this.#peer().note('groupsChanged', undefined);
  }

  /** Joins, or joins again under a new id. */
  join({ member, ...request }: ThreadJoin & { readonly member: number }): ThreadMemberView {
    const coordinator = this.#members.get(member)?.coordinator ?? this.#group(request.group);
    const { topics, maxPollIntervalMs } = request;
    const state = coordinator.join(
      {
        topics,
        maxPollIntervalMs,
        userData: () => this.#peer().call<Uint8Array>('userData', member),
        assign: (members, partitions) => this.#assign(member, members, partitions),
      },
      performance.now(),
    );
    this.#members.set(member, { coordinator, state });
    return this.look(member);
  }

  #assign(
    member: number,
    members: readonly AssignorMember[],
    partitions: ReadonlyMap<string, number>,
  ): Promise<GroupPlan> {
    return this.#peer().call<GroupPlan>('assign', { member, members, partitions });
  }

  /** Its thread has polled. */
  polled(member: number): void {
    const found = this.#members.get(member);
    if (found !== undefined) found.state.lastPollAt = performance.now();
  }

  look(member: number): ThreadMemberView {
    const { coordinator, state } = this.#members.get(member)!;
    if (!state.fenced) coordinator.assertPlanned(state);
    const { assignedUserData: userData } = state;
    state.assignedUserData = undefined;
    state.lastPollAt = performance.now();
    return {
      generation: { memberId: state.id, generation: coordinator.generation },
      plan: coordinator.plan,
      fenced: state.fenced,
      userData,
      toRevoke: coordinator.toRevoke(state),
    };
  }

  release({
    member,
    partitions,
  }: {
    readonly member: number;
    readonly partitions: readonly TopicPartition[];
  }): void {
    const { coordinator, state } = this.#members.get(member)!;
    coordinator.release(state, partitions);
  }

  take({ member, plan }: { readonly member: number; readonly plan: number }): TakenPartitions {
    const { coordinator, state } = this.#members.get(member)!;
    const { fenced } = state;
    return { fenced, partitions: fenced ? [] : coordinator.takeFree(state, plan) };
  }

  rejoin(member: number): void {
    const found = this.#members.get(member);
    if (found !== undefined && !found.state.fenced) found.coordinator.rebalance();
  }

  leave(member: number): void {
    const found = this.#members.get(member);
    this.#members.delete(member);
    found?.coordinator.remove(found.state);
  }

  /** Its thread has ended: all of them leave. */
  close(): void {
    for (const member of this.#members.keys()) this.leave(member);
  }
}
