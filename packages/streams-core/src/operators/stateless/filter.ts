import type { Operator } from '../../topology/operator.ts';
import { holds } from '../../record/returned.ts';

/** Passes on the records that a predicate holds for; `filterNot` is its negation. */
export function filter<K, V>(predicate: (value: V, key: K) => boolean): Operator<K, V, K, V> {
  return {
    kind: 'filter',
    open: (_context, forward) => (record) => {
      if (holds(predicate(record.value, record.key), 'filter')) return forward(record);
    },
  };
}
