import type { Snapshot } from './data.ts';

/** How far back a rate looks, in snapshots. */
const span = 3;

/** How fast a total grows now, a second; undefined while that is not known. */
export function rateOf(
  history: readonly Snapshot[],
  total: (snapshot: Snapshot) => number | undefined,
): number | undefined {
  const last = history.at(-1);
  const first = history.at(-1 - Math.min(span, history.length - 1));
  if (last === undefined || first === undefined || first === last) return undefined;
  return slope(first, last, total);
}

/** The rates between one snapshot and the next. */
export function ratesOf(
  history: readonly Snapshot[],
  total: (snapshot: Snapshot) => number | undefined,
): (number | null)[] {
  return history.map((snapshot, at) =>
    at === 0 ? null : (slope(history[at - 1]!, snapshot, total) ?? null),
  );
}

function slope(
  first: Snapshot,
  last: Snapshot,
  total: (snapshot: Snapshot) => number | undefined,
): number | undefined {
  const [from, to] = [total(first), total(last)];
  const seconds = (last.at - first.at) / 1000;
  if (from === undefined || to === undefined || seconds <= 0) return undefined;
  // A task that has left takes its counts along.
  return Math.max(0, to - from) / seconds;
}
