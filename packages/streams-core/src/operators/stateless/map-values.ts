import type { Operator } from '../../topology/operator.ts';
import { returned } from '../../record/returned.ts';

/** Gives each record a new value. */
export function mapValues<K, V, V2>(mapper: (value: V, key: K) => V2): Operator<K, V, K, V2> {
  return {
    kind: 'map-values',
    open:
      (_context, forward) =>
      ({ key, value, timestamp, headers }) =>
        forward({ key, value: returned(mapper(value, key), 'mapValues'), timestamp, headers }),
  };
}
