/** Who works on which tasks, and who gets ready to. */
export interface WarmUpPlan {
  readonly tasks: ReadonlyMap<string, readonly string[]>;
  /** Tasks that a member is to take over once it has caught up. */
  readonly warmUps: ReadonlyMap<string, readonly string[]>;
}

export interface WarmUpOptions {
  /** Who is to work on which tasks in the end. */
  readonly target: ReadonlyMap<string, readonly string[]>;
  /** Who works on which now. */
  readonly owned: ReadonlyMap<string, readonly string[]>;
  /** The tasks with state worth waiting for. */
  readonly stateful: ReadonlySet<string>;
  /** By member: those that it could take over with little to restore. */
  readonly caughtUp: ReadonlyMap<string, ReadonlySet<string>>;
  /** How many tasks may get ready at a time. */
  readonly maxWarmUps: number;
}

/**
 * Leaves a stateful task with a member that has its state until the one that is to have it has caught up, and
 * lets that one keep a copy meanwhile (Kafka Streams: KIP-441). A task that nobody has the state of goes
 * where it is to go at once. Pure, and the same for the same input.
 */
export function planWarmUps({ target, owned, stateful, caughtUp, maxWarmUps }: WarmUpOptions): WarmUpPlan {
  const ids = [...target.keys()].sort();
  const tasks = new Map(ids.map((id) => [id, [] as string[]]));
  const warmUps = new Map(ids.map((id) => [id, [] as string[]]));
  const has = (id: string, task: string): boolean => caughtUp.get(id)?.has(task) === true;
  const load = (id: string): number => target.get(id)!.length;
  let warming = 0;
  for (const id of ids) {
    for (const task of [...target.get(id)!].sort()) {
      const holders = stateful.has(task) && !has(id, task) ? ids.filter((one) => has(one, task)) : [];
      const holder =
        holders.find((one) => owned.get(one)?.includes(task)) ??
        holders.toSorted((a, b) => load(a) - load(b))[0];
      tasks.get(holder ?? id)!.push(task);
      if (holder === undefined || warming === maxWarmUps) continue;
      warming++;
      warmUps.get(id)!.push(task);
    }
  }
  return { tasks, warmUps };
}
