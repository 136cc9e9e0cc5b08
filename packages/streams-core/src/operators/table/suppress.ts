import type { Change, StreamRecord, Windowed } from '../../record.ts';
import { sequence } from '../../sequence.ts';
import type { Operator } from '../../topology/operator.ts';

/**
 * Holds a windowed table's changes back until their window has closed, and then sends the last one: when the largest
 * timestamp seen reaches the window's end plus the grace. Deletes are not sent: nothing was sent before them
 * (Kafka Streams: KTableSuppressProcessorSupplier).
 */
export function suppressUntilWindowCloses<K, V>(
  bufferName: string,
  graceMs: number,
): Operator<Windowed<K>, Change<V>, Windowed<K>, Change<V>> {
  return {
    kind: 'suppress',
    open(context, forward) {
      const buffer = context.buffer<Windowed<K>, V>(bufferName);
      const time = context.observedTime();
      return ({ key, value, timestamp, headers }: StreamRecord<Windowed<K>, Change<V>>) => {
        if (timestamp > time.value) time.value = timestamp;
        const { newValue, oldValue } = value;
        buffer.put(key.window.end, { key, newValue, oldValue, timestamp, headers });
        const closed = time.value - graceMs;
        if (buffer.minTime! > closed) return;
        const due = buffer.takeUntil(closed).filter((change) => change.newValue !== null);
        return sequence(due.length, (index) => {
          const change = due[index]!;
          return forward({
            key: change.key,
            value: { newValue: change.newValue, oldValue: change.oldValue },
            timestamp: change.timestamp,
            headers: change.headers,
          });
        });
      };
    },
  };
}
