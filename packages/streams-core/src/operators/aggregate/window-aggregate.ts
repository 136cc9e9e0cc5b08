import type { Change, Forward, Windowed } from '../../record/record.ts';
import { sequence } from '../../record/sequence.ts';
import type { Operator } from '../../topology/operator.ts';
import type { TimeWindows } from '../../windows/time-windows.ts';
import { type WindowAggregation, windowOperator, type WindowRun } from './window-results.ts';
import { advanceTime } from '../observed-time.ts';

/**
 * Aggregates a stream by key and tumbling or hopping window. A window takes records while its end is after
 * the largest timestamp seen, less the grace; later ones are dropped, window by window (Kafka Streams:
 * KStreamWindowAggregate). Null values count; null keys do not.
 */
export function windowAggregate<K, V, A>(
  windows: TimeWindows,
  aggregation: WindowAggregation<K, V, A>,
): Operator<K, V, Windowed<K>, Change<A>> {
  const { sizeMs, advanceMs, graceMs } = windows;
  const kind = { kind: 'window-aggregate', sizeMs, closesAfterMs: sizeMs + graceMs };
  return windowOperator(aggregation, kind, (run) =>
    advanceMs === sizeMs ? tumbling(windows, run) : hopping(windows, run),
  );
}

function tumbling<K, V, A>(
  { sizeMs, graceMs }: TimeWindows,
  { context, time, update, late }: WindowRun<K, V, A>,
): Forward<K, V> {
  return (record) => {
    const { timestamp } = record;
    if (record.key === null) return context.dropped();
    advanceTime(time, timestamp);
    const start = timestamp - (timestamp % sizeMs);
    if (start + sizeMs <= time.value - graceMs) return late(record, start, start + sizeMs);
    return update(record, start);
  };
}

function hopping<K, V, A>(
  windows: TimeWindows,
  { context, time, update, late }: WindowRun<K, V, A>,
): Forward<K, V> {
  const { sizeMs, advanceMs, graceMs } = windows;
  return (record) => {
    const { timestamp } = record;
    if (record.key === null) return context.dropped();
    advanceTime(time, timestamp);
    const first = windows.firstStart(timestamp);
    const count = Math.floor((timestamp - first) / advanceMs) + 1;
    const closed = time.value - graceMs;
    return sequence(count, (index) => {
      const start = first + index * advanceMs;
      return start + sizeMs <= closed ? late(record, start, start + sizeMs) : update(record, start);
    });
  };
}
