import { toAwait } from '../../record/to-await.ts';
import type { Operator } from '../../topology/operator.ts';

/** Shows each record to an action and passes it on. */
export function peek<K, V>(action: (value: V, key: K) => void | Promise<void>): Operator<K, V, K, V> {
  return {
    kind: 'peek',
    open: (_context, forward) => (record) => {
      const pending = toAwait(action(record.value, record.key));
      return pending === undefined ? forward(record) : pending.then(() => forward(record));
    },
  };
}
