import type { StreamRecord } from '../../record/record.ts';
import type { Operator } from '../../topology/operator.ts';

/** Shows each record to an observer. Nothing is forwarded. */
export function observe<K, V>(next: (record: StreamRecord<K, V>) => void): Operator<K, V, never, never> {
  return {
    kind: 'observe',
    open: () => (record) => {
      next(record);
    },
  };
}
