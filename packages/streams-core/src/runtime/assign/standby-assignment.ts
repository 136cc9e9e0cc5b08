/** One member: its id, the tasks it is to work on, and those it keeps copies of now. */
export interface StandbyMember {
  readonly id: string;
  readonly tasks: readonly string[];
  readonly standbyTasks: readonly string[];
  /** The tasks whose files it has from earlier. */
  readonly onDisk?: readonly string[];
}

interface Keeper {
  readonly id: string;
  readonly own: ReadonlySet<string>;
  readonly copies: Set<string>;
  readonly onDisk: ReadonlySet<string>;
}

/**
 * Gives each task this many members, besides its own, that keep a copy of its stores, as far as there are as
 * many. Copies stay where they are, unless someone has two more than another who could take one; a new one
 * goes where files of it are, among those with the fewest. Pure, and the same for the same input.
 */
export function standbyAssignment(
  tasks: readonly string[],
  members: readonly StandbyMember[],
  replicas: number,
): Map<string, readonly string[]> {
  const sorted = [...members].sort((a, b) => (a.id < b.id ? -1 : 1));
  const keepers = sorted.map(
    ({ id, tasks: own, onDisk }): Keeper => ({
      id,
      own: new Set(own),
      copies: new Set(),
      onDisk: new Set(onDisk),
    }),
  );
  const mayTake = ({ own, copies }: Keeper, task: string): boolean => !own.has(task) && !copies.has(task);
  for (const task of [...tasks].sort()) {
    const now = keepers.filter((one, at) => mayTake(one, task) && sorted[at]!.standbyTasks.includes(task));
    for (const { copies } of now.slice(0, replicas)) copies.add(task);
  }
  for (const task of [...tasks].sort()) {
    for (let copy = keepers.filter(({ copies }) => copies.has(task)).length; copy < replicas; copy++) {
      const takers = byLoad(keepers).filter((one) => mayTake(one, task));
      const lightest = takers.filter(({ copies }) => copies.size === takers[0]!.copies.size);
      (lightest.find(({ onDisk }) => onDisk.has(task)) ?? takers[0])?.copies.add(task);
    }
  }
  while (moveOne(byLoad(keepers), mayTake));
  return new Map(keepers.map(({ id, copies }) => [id, [...copies]]));
}

function byLoad(keepers: readonly Keeper[]): Keeper[] {
  return [...keepers].sort((a, b) => a.copies.size - b.copies.size);
}

/** Moves a copy from one who has two more to one who may take it; each move makes it more even. */
function moveOne(lightestFirst: readonly Keeper[], mayTake: (to: Keeper, task: string) => boolean): boolean {
  for (const from of [...lightestFirst].reverse()) {
    for (const to of lightestFirst) {
      if (from.copies.size - to.copies.size < 2) break;
      const task = [...from.copies].find((one) => mayTake(to, one));
      if (task === undefined) continue;
      from.copies.delete(task);
      to.copies.add(task);
      return true;
    }
  }
  return false;
}
