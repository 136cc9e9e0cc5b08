import type { Assignment, AssignorMember, GroupOptions } from '@millrace/log-client';

/** The assignment of a group, and the user data that each member gets with it. */
export interface GroupPlan {
  readonly assignment: Assignment;
  readonly userData: ReadonlyMap<string, Uint8Array> | undefined;
}

/** What a coordinator wants of a member. One in this thread answers at once, one in another thread later. */
export interface MemberOptions {
  readonly topics: readonly string[];
  readonly maxPollIntervalMs: number;
  /** What other members' assignors get to see of it. */
  userData(): Uint8Array | Promise<Uint8Array>;
  /** Makes the plan for the whole group. */
  assign(
    members: readonly AssignorMember[],
    partitions: ReadonlyMap<string, number>,
  ): GroupPlan | Promise<GroupPlan>;
}

/** A member in this thread. */
export function memberOptions(options: GroupOptions): MemberOptions {
  const { topics, maxPollIntervalMs } = options;
  return {
    topics,
    maxPollIntervalMs,
    userData: () => options.userData ?? new Uint8Array(),
    assign: (members, partitions) => planOf(options, members, partitions),
  };
}

export function planOf(
  { assignor }: Pick<GroupOptions, 'assignor'>,
  members: readonly AssignorMember[],
  partitions: ReadonlyMap<string, number>,
): GroupPlan {
  const assignment = assignor.assign(members, partitions);
  return { assignment, userData: assignor.userData?.(members, assignment) };
}
