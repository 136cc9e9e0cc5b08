/** One instance: its id, and the tasks it works on now. */
export interface AssignedMember {
  readonly id: string;
  readonly tasks: readonly string[];
  /** The tasks whose stores it could open with little to restore. */
  readonly caughtUp?: readonly string[];
}

interface Share {
  readonly member: AssignedMember;
  readonly caughtUp: ReadonlySet<string>;
  readonly tasks: string[];
}

/**
 * Deals tasks out evenly: counts differ by one at most. Within that, tasks stay where they are, so
 * that as few stores as possible have to be restored; those that have to move go where little is to be
 * restored, if that leaves it even. Pure, and the same for the same input.
 */
export function stickyAssignment(
  tasks: readonly string[],
  members: readonly AssignedMember[],
): Map<string, readonly string[]> {
  const shares = [...members]
    .sort((a, b) => (a.id < b.id ? -1 : 1))
    .map((member): Share => ({ member, caughtUp: new Set(member.caughtUp), tasks: [] }));
  const open = new Set(tasks);
  const give = ({ tasks: own }: Share, task: string): void => {
    open.delete(task);
    own.push(task);
  };
  const least = Math.floor(tasks.length / Math.max(1, shares.length));
  // So many members may have one task more; those who have the most now go first.
  let surplus = tasks.length - least * shares.length;
  for (const share of [...shares].sort((a, b) => b.member.tasks.length - a.member.tasks.length)) {
    const owned = share.member.tasks.filter((task) => open.has(task));
    const quota = owned.length > least && surplus > 0 ? least + 1 : least;
    if (quota > least) surplus--;
    for (const task of hardToMoveFirst(owned, share, shares).slice(0, quota)) give(share, task);
  }
  const left = [...open].sort();
  for (const task of left) {
    const takers = shares.filter(
      (share) => share.caughtUp.has(task) && share.tasks.length < least + (surplus > 0 ? 1 : 0),
    );
    const taker = lightest(takers);
    if (taker === undefined) continue;
    if (taker.tasks.length === least) surplus--;
    give(taker, task);
  }
  for (const task of left) if (open.has(task)) give(lightest(shares)!, task);
  return new Map(shares.map(({ member, tasks: own }) => [member.id, own]));
}

/** What another member could take over with little to restore comes last. */
function hardToMoveFirst(owned: readonly string[], share: Share, shares: readonly Share[]): string[] {
  const movable = (task: string): number =>
    shares.some((other) => other !== share && other.caughtUp.has(task)) ? 1 : 0;
  return [...owned].sort((a, b) => movable(a) - movable(b));
}

/** The first of those with the fewest tasks. */
function lightest(shares: readonly Share[]): Share | undefined {
  let found: Share | undefined;
  for (const share of shares) {
    if (found === undefined || share.tasks.length < found.tasks.length) found = share;
  }
  return found;
}
