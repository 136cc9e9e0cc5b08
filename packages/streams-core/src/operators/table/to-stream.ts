import type { Change, StreamRecord } from '../../record/record.ts';
import type { Operator } from '../../topology/operator.ts';

/** A table's changes as a stream of new values; a delete is a null value. */
export function toStream<K, V>(): Operator<K, Change<V>, K, V | null> {
  return {
    kind: 'to-stream',
    open:
      (_context, forward) =>
      ({ key, value, timestamp, headers }: StreamRecord<K, Change<V>>) =>
        forward({ key, value: value.newValue, timestamp, headers }),
  };
}
