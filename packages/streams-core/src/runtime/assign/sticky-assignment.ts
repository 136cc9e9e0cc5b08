/** One instance: its id, and the tasks it works on now. */
export interface AssignedMember {
  readonly id: string;
  readonly tasks: readonly string[];
  /** The tasks whose stores it has copies of. */
  readonly standbyTasks?: readonly string[];
}

/**
 * Deals tasks out evenly: counts differ by one at most. Within that, tasks stay where they are, so
 * that as few stores as possible have to be restored; those that have to move go where a copy is, if that
 * leaves it even. Pure, and the same for the same input.
 */
export function stickyAssignment(
  tasks: readonly string[],
  members: readonly AssignedMember[],
): Map<string, readonly string[]> {
  const sorted = [...members].sort((a, b) => (a.id < b.id ? -1 : 1));
  const least = Math.floor(tasks.length / Math.max(1, sorted.length));
  // So many members may have one task more; those who have the most now go first.
  let surplus = tasks.length - least * sorted.length;
  const open = new Set(tasks);
  const assignment = new Map<string, string[]>(sorted.map(({ id }) => [id, []]));
  const byLoad = [...sorted].sort((a, b) => b.tasks.length - a.tasks.length);
  for (const { id, tasks: owned } of byLoad) {
    const kept = owned.filter((task) => open.has(task));
    const quota = kept.length > least && surplus > 0 ? least + 1 : least;
    if (quota > least) surplus--;
    for (const task of kept.slice(0, quota)) {
      open.delete(task);
      assignment.get(id)!.push(task);
    }
  }
  for (const task of [...open].sort()) {
    const fewest = Math.min(...sorted.map(({ id }) => assignment.get(id)!.length));
    const lightest = sorted.filter(({ id }) => assignment.get(id)!.length === fewest);
    const chosen = lightest.find(({ standbyTasks }) => standbyTasks?.includes(task) === true) ?? lightest[0]!;
    assignment.get(chosen.id)!.push(task);
  }
  return assignment;
}
