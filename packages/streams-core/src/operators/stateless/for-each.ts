import { toAwait } from '../../record/to-await.ts';
import type { Operator } from '../../topology/operator.ts';

/** Hands each record to an action; nothing follows. */
export function forEach<K, V>(
  action: (value: V, key: K) => void | Promise<void>,
): Operator<K, V, never, never> {
  return {
    kind: 'foreach',
    open: () => (record) => toAwait(action(record.value, record.key)),
  };
}
