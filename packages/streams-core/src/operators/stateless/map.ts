import type { Operator } from '../../topology/operator.ts';
import { returned } from '../../record/returned.ts';

/** A key and a value that a mapper gives. */
export type KeyValue<K, V> = readonly [key: K, value: V];

/** Gives each record a new key and value. */
export function map<K, V, K2, V2>(mapper: (value: V, key: K) => KeyValue<K2, V2>): Operator<K, V, K2, V2> {
  return {
    kind: 'map',
    open:
      (_context, forward) =>
      ({ key, value, timestamp, headers }) => {
        const mapped = returned(mapper(value, key), 'map');
        return forward({ key: mapped[0], value: mapped[1], timestamp, headers });
      },
  };
}
