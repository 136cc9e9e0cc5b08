/**
 * Calls `step` for each index in turn, waiting where it returns a promise. Without promises it is a plain
 * loop, so that synchronous topologies stay synchronous.
 */
export function sequence(
  count: number,
  step: (index: number) => void | Promise<void>,
  from = 0,
): void | Promise<void> {
  for (let index = from; index < count; index++) {
    const pending = step(index);
    if (pending !== undefined) return pending.then(() => sequence(count, step, index + 1));
  }
}
