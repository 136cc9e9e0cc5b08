import type { WindowView } from '@millrace/state-stores';
import type { Change, Forward, StreamRecord, Windowed } from '../../record.ts';
import { sequence } from '../../sequence.ts';
import type { ObservedTime, Operator, OperatorContext, TableView } from '../../topology/operator.ts';
import type { TimeWindows } from '../../windows/time-windows.ts';
import type { Aggregation } from './aggregate.ts';

/**
 * Aggregates a stream by key and tumbling or hopping window. A window takes records while its end is after the largest
 * timestamp seen, less the grace; later ones are dropped, window by window (Kafka Streams: KStreamWindowAggregate).
 * Null values count; null keys do not.
 */
export function windowAggregate<K, V, A>(
  storeName: string,
  windows: TimeWindows,
  aggregation: Aggregation<K, V, A>,
): Operator<K, V, Windowed<K>, Change<A>> {
  return {
    kind: 'window-aggregate',
    open(context, forward) {
      const store = context.windowStore<K, A>(storeName);
      const time = context.observedTime();
      const update = updater(store, aggregation, context.sendOldValues, windows.sizeMs, forward);
      return windows.advanceMs === windows.sizeMs
        ? tumbling(windows, context, time, update)
        : hopping(windows, context, time, update);
    },
    view: (context): TableView<Windowed<K>, A> => {
      const store = context.windowStore<K, A>(storeName);
      return { get: ({ key, window }) => store.fetchEntry(key, window.start) };
    },
  };
}

type Update<K, V> = (record: StreamRecord<K, V>, start: number) => void | Promise<void>;

function updater<K, V, A>(
  store: WindowView<K, A>,
  { initial, add }: Aggregation<K, V, A>,
  sendOldValues: boolean,
  sizeMs: number,
  forward: Forward<Windowed<K>, Change<A>>,
): Update<K, V> {
  return ({ key, value, timestamp, headers }, start) => {
    const old = store.fetchEntry(key, start);
    const oldValue = old === undefined ? null : old.value;
    const newValue = add(old === undefined ? initial() : oldValue, value, key);
    const time = old !== undefined && old.timestamp > timestamp ? old.timestamp : timestamp;
    store.putEntry(key, newValue, start, time);
    return forward({
      key: { key, window: { start, end: start + sizeMs } },
      value: { newValue, oldValue: sendOldValues ? oldValue : null },
      timestamp: time,
      headers,
    });
  };
}

function tumbling<K, V>(
  { sizeMs, graceMs }: TimeWindows,
  context: OperatorContext,
  time: ObservedTime,
  update: Update<K, V>,
): Forward<K, V> {
  return (record) => {
    const { timestamp } = record;
    if (record.key === null) return context.dropped();
    if (timestamp > time.value) time.value = timestamp;
    const start = timestamp - (timestamp % sizeMs);
    if (start + sizeMs <= time.value - graceMs) return context.dropped();
    return update(record, start);
  };
}

function hopping<K, V>(
  windows: TimeWindows,
  context: OperatorContext,
  time: ObservedTime,
  update: Update<K, V>,
): Forward<K, V> {
  const { sizeMs, advanceMs, graceMs } = windows;
  return (record) => {
    const { timestamp } = record;
    if (record.key === null) return context.dropped();
    if (timestamp > time.value) time.value = timestamp;
    const first = windows.firstStart(timestamp);
    const count = Math.floor((timestamp - first) / advanceMs) + 1;
    const closed = time.value - graceMs;
    return sequence(count, (index) => {
      const start = first + index * advanceMs;
      if (start + sizeMs <= closed) return context.dropped();
      return update(record, start);
    });
  };
}
