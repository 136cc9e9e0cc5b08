import type { MemberData } from './streams-metadata.ts';

/** A member, with the tasks it owns and what it said of the state on its disk. */
export interface StatefulMember {
  readonly id: string;
  readonly tasks: readonly string[];
  readonly data: Pick<MemberData, 'standbyTasks' | 'state'>;
}

/**
 * The stateful tasks that each member could work on with at most `acceptableLag` changelog records to
 * restore: those it owns or follows, those whose files are on its disk, and those that are small. Where
 * nobody has said how large a task is, everyone counts as caught up.
 */
export function caughtUpTasks(
  tasks: readonly string[],
  members: readonly StatefulMember[],
  acceptableLag: number,
): Map<string, ReadonlySet<string>> {
  const sizes = new Map<string, number>();
  /** By disk: members that share one share its files. */
  const lags = new Map<string, Map<string, number>>();
  for (const { tasks: owned, data } of members) {
    const { state } = data;
    if (state === undefined) continue;
    for (const [task, size] of Object.entries(state.sizes))
      sizes.set(task, Math.max(size, sizes.get(task) ?? 0));
    const known = lags.get(state.disk) ?? new Map<string, number>();
    lags.set(state.disk, known);
    for (const [task, lag] of Object.entries(state.lags))
      known.set(task, Math.min(lag, known.get(task) ?? Number.POSITIVE_INFINITY));
    for (const task of owned) known.set(task, 0);
  }
  const isCaughtUp = ({ tasks: owned, data: { standbyTasks, state } }: StatefulMember, task: string) => {
    if (owned.includes(task) || standbyTasks.includes(task)) return true;
    const size = sizes.get(task);
    if (size === undefined || size <= acceptableLag) return true;
    const lag = state === undefined ? undefined : lags.get(state.disk)?.get(task);
    return lag !== undefined && lag <= acceptableLag;
  };
  return new Map(
    members.map((member) => [member.id, new Set(tasks.filter((task) => isCaughtUp(member, task)))]),
  );
}
