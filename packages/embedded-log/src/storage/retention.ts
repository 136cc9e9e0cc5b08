import type { PartitionLog } from './partition-log.ts';
import type { Segment } from './segments/segment.ts';

/**
 * What the age of a segment is counted from: when the log took its last record, or its records' largest
 * timestamp, as Kafka does.
 */
export type RetentionTime = 'append' | 'record';

/**
 * Where a partition starts once the retention of its topic has been applied, in whole segments; undefined
 * where it stays. `now` is in milliseconds since the epoch.
 */
export function retainedFrom(log: PartitionLog, now: number, time: RetentionTime): number | undefined {
  const { deletes, retentionMs, retentionBytes } = log.settings;
  if (!deletes || log.segments.length === 0) return undefined;
  const isOld = (segment: Segment): boolean =>
    now - (time === 'append' ? segment.lastAppend : segment.maxTimestamp) > retentionMs;
  let surplus = log.bytes - retentionBytes;
  let gone = 0;
  for (const [index, segment] of log.segments.entries()) {
    const isLast = index === log.segments.length - 1;
    const isTooMuch = !isLast && surplus >= segment.size;
    if (!isTooMuch && !isOld(segment)) break;
    surplus -= segment.size;
    gone++;
  }
  return gone === 0 ? undefined : log.endOf(gone - 1);
}
