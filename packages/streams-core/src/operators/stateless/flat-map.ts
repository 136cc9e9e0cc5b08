import { sequence } from '../../record/sequence.ts';
import type { Operator } from '../../topology/operator.ts';
import type { KeyValue } from './map.ts';
import { returnedAll } from '../../record/returned.ts';

/** Makes any number of records out of each one. */
export function flatMap<K, V, K2, V2>(
  mapper: (value: V, key: K) => Iterable<KeyValue<K2, V2>>,
): Operator<K, V, K2, V2> {
  return {
    kind: 'flat-map',
    open:
      (_context, forward) =>
      ({ key, value, timestamp, headers }) => {
        const mapped = returnedAll(mapper(value, key), 'flatMap');
        return sequence(mapped.length, (index) => {
          const [newKey, newValue] = mapped[index]!;
          return forward({ key: newKey, value: newValue, timestamp, headers });
        });
      },
  };
}
