import { sequence } from '../../record/sequence.ts';
import type { Operator } from '../../topology/operator.ts';
import { returnedAll } from '../../record/returned.ts';

/** Makes any number of values out of each one, under the same key. */
export function flatMapValues<K, V, V2>(mapper: (value: V, key: K) => Iterable<V2>): Operator<K, V, K, V2> {
  return {
    kind: 'flat-map-values',
    open:
      (_context, forward) =>
      ({ key, value, timestamp, headers }) => {
        const mapped = returnedAll(mapper(value, key), 'flatMapValues');
        return sequence(mapped.length, (index) =>
          forward({ key, value: mapped[index]!, timestamp, headers }),
        );
      },
  };
}
