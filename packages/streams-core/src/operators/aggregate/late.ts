import type { StreamRecord, Window } from '../../record/record.ts';
import { toAwait } from '../../record/to-await.ts';
import type { ObservedTime, OperatorContext } from '../../topology/operator.ts';

/** Why a record came too late: the window it belongs to, and the largest timestamp seen. In milliseconds. */
export interface Lateness {
  readonly window: Window;
  readonly streamTimeMs: number;
}

/** What happens to late records, besides being counted. */
export interface LateRecords<K, V> {
  readonly callback: ((record: StreamRecord<K, V>, lateness: Lateness) => void | Promise<void>) | undefined;
  /** The node that takes them. */
  readonly sink: string | undefined;
}

export type OnLateRecord<K, V> = (
  record: StreamRecord<K, V>,
  start: number,
  end: number,
) => void | Promise<void>;

/** Counts late records, and hands them on where someone asked for them (Kafka Streams only drops them). */
export function lateRecords<K, V>(
  context: OperatorContext,
  time: ObservedTime,
  { callback, sink }: LateRecords<K, V>,
): OnLateRecord<K, V> {
  const forward = sink === undefined ? undefined : context.child(sink);
  return (record, start, end) => {
    context.dropped('late');
    if (forward !== undefined) return forward(record);
    return toAwait(callback?.(record, { window: { start, end }, streamTimeMs: time.value }));
  };
}
