import type { ObservedTime } from '../topology/operator.ts';

/** Moves the largest timestamp seen forward. */
export function advanceTime(time: ObservedTime, timestamp: number): void {
  if (timestamp > time.value) time.value = timestamp;
}

/** The timestamp of a result: the later of the record's and that of what it replaces. */
export function laterOf(old: { readonly timestamp: number } | undefined, timestamp: number): number {
  return old !== undefined && old.timestamp > timestamp ? old.timestamp : timestamp;
}
