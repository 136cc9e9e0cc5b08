import type { Operator } from '../../topology/operator.ts';
import { holds } from '../../record/returned.ts';

/** One way out of a split; without a predicate it takes what no other took. */
export interface Branch<K, V> {
  readonly child: string;
  readonly predicate: ((value: V, key: K) => boolean) | undefined;
}

/** Sends each record to the first branch that takes it; one that none takes is dropped. */
export function branch<K, V>(branches: readonly Branch<K, V>[]): Operator<K, V, K, V> {
  return {
    kind: 'branch',
    open: (context) => {
      const ways = branches.map(({ child, predicate }) => ({ predicate, forward: context.child(child) }));
      return (record) => {
        for (const { predicate, forward } of ways) {
          if (predicate === undefined || holds(predicate(record.value, record.key), 'branch'))
            return forward(record);
        }
      };
    },
  };
}
