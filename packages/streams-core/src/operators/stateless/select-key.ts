import type { Operator } from '../../topology/operator.ts';
import { returned } from '../../record/returned.ts';

/** Gives each record a new key. */
export function selectKey<K, V, K2>(selector: (value: V, key: K) => K2): Operator<K, V, K2, V> {
  return {
    kind: 'select-key',
    open:
      (_context, forward) =>
      ({ key, value, timestamp, headers }) =>
        forward({ key: returned(selector(value, key), 'selectKey'), value, timestamp, headers }),
  };
}
