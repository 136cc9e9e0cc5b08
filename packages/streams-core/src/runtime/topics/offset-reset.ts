import type { LogClient, TopicPartition } from '@millrace/log-client';
import { StreamsError } from '../../errors.ts';
import type { OffsetReset } from '../../topology/graph/nodes.ts';

export interface ResetOptions {
  readonly source: { readonly name: string; readonly offsetReset?: OffsetReset | undefined };
  readonly partition: TopicPartition;
  /** What the partition holds. */
  readonly range: { readonly start: number; readonly end: number };
  /** What was committed and is no longer there; undefined where nothing was. */
  readonly committed: number | undefined;
}

/** Where to start in a partition by its source's policy. @throws StreamsError where that is not wanted */
export async function resetOffset(
  log: LogClient,
  { source, partition, range, committed }: ResetOptions,
): Promise<number> {
  const reset = source.offsetReset ?? 'earliest';
  if (reset === 'earliest') return range.start;
  if (reset === 'latest') return range.end;
  if (reset === 'none') {
    const where = `${partition.topic}-${partition.partition}`;
    const what =
      committed === undefined
        ? `nothing was committed for ${where}`
        : `${where} no longer holds offset ${committed}, which was committed`;
    throw new StreamsError(
      'OFFSET_RESET_NONE',
      `${source.name}: ${what}, and its offsetReset is "none": set where to start with another offsetReset`,
    );
  }
  const timestamp = Date.now() - reset.byDurationMs;
  const [found] = await log.admin.offsetsForTimes([{ ...partition, timestamp }]);
  return found?.offset ?? range.end;
}
