import type { PartitionLog } from '../storage/partition-log.ts';
import type { Segment } from '../storage/segments/segment.ts';

export interface Cleanable {
  /** The segments that a pass goes through, oldest first. */
  readonly segments: readonly Segment[];
  /** The share of their bytes that came since the last pass. */
  readonly ratio: number;
}

/**
 * What of a partition is to be compacted now: sealed segments that are on the device and old enough, where
 * enough of them is new or what is new has waited for long. Undefined where it is not time. `now` is in
 * milliseconds since the epoch.
 */
export function cleanable(log: PartitionLog, now: number): Cleanable | undefined {
  const { compacts, minCleanableDirtyRatio, minCompactionLagMs, maxCompactionLagMs } = log.settings;
  if (!compacts) return undefined;
  const segments: Segment[] = [];
  const { stableEnd } = log;
  for (const [index, segment] of log.segments.slice(0, -1).entries()) {
    const isDecided = log.endOf(index) <= stableEnd;
    const isReady = isDecided && now - segment.lastAppend >= minCompactionLagMs && segment.isStored;
    if (!isReady) break;
    segments.push(segment);
  }
  const dirty = segments.filter((_, index) => log.endOf(index) > log.cleanedUpTo);
  if (dirty.length === 0) return undefined;
  const bytes = (list: readonly Segment[]): number => list.reduce((sum, { size }) => sum + size, 0);
  const ratio = bytes(dirty) / bytes(segments);
  const isOverdue = now - dirty[0]!.firstAppend >= maxCompactionLagMs;
  return ratio >= minCleanableDirtyRatio || isOverdue ? { segments, ratio } : undefined;
}
