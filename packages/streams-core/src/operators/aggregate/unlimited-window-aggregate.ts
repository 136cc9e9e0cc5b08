import type { Change, Windowed } from '../../record/record.ts';
import type { Operator } from '../../topology/operator.ts';
import type { UnlimitedWindows } from '../../windows/unlimited-windows.ts';
import { type WindowAggregation, windowOperator } from './window-results.ts';
import { advanceTime } from '../observed-time.ts';

/**
 * Aggregates a stream by key from a time on, in one window that never closes (Kafka Streams:
 * UnlimitedWindows).
 */
export function unlimitedWindowAggregate<K, V, A>(
  { startMs }: UnlimitedWindows,
  aggregation: WindowAggregation<K, V, A>,
): Operator<K, V, Windowed<K>, Change<A>> {
  const sizeMs = Number.POSITIVE_INFINITY;
  const kind = { kind: 'unlimited-window-aggregate', sizeMs, closesAfterMs: undefined };
  return windowOperator(aggregation, kind, ({ context, time, update }) => (record) => {
    if (record.key === null) return context.dropped();
    advanceTime(time, record.timestamp);
    if (record.timestamp >= startMs) return update(record, startMs);
  });
}
