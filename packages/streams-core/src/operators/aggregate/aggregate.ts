import type { Change, StreamRecord } from '../../record/record.ts';
import type { Operator } from '../../topology/operator.ts';
import { rowChange } from '../table/row-change.ts';
import { returned } from '../../record/returned.ts';
import { laterOf } from '../observed-time.ts';

/** How an aggregate starts and grows. Returning null deletes it. */
export interface Aggregation<K, V, A> {
  readonly initial: () => A | null;
  readonly add: (aggregate: A | null, value: V, key: K) => A | null;
}

/** The aggregation that `count` is. */
export const counting: Aggregation<unknown, unknown, number> = {
  initial: () => 0,
  add: (count) => (count ?? 0) + 1,
};

/** The aggregation that `reduce` is: the first value stands as it is. */
export function reducing<V>(reducer: (aggregate: V, value: V) => V): Aggregation<unknown, V, V> {
  return {
    initial: () => null,
    add: (aggregate, value) => (aggregate === null ? value : reducer(aggregate, value)),
  };
}

/**
 * Aggregates a stream by key. Null keys and null values are left out; the result's timestamp is the larger of
 * the record's and the old aggregate's (Kafka Streams: KStreamAggregate).
 */
export function aggregate<K, V, A>(
  storeName: string,
  { initial, add }: Aggregation<K, V, A>,
): Operator<K, V, K, Change<A>> {
  return {
    kind: 'aggregate',
    open(context, forward) {
      const store = context.rowStore<K, A>(storeName);
      const { sendOldValues } = context;
      return ({ key, value, timestamp, headers }: StreamRecord<K, V>) => {
        if (key === null || value === null) return context.dropped();
        const old = store.get(key);
        const oldValue = old === undefined ? null : old.value;
        const newValue = returned(
          add(old === undefined ? returned(initial(), 'initial') : oldValue, value, key),
          'add',
        );
        const time = laterOf(old, timestamp);
        const put = store.put(key, newValue, time, headers);
        if (put === 'expired') return context.dropped('late');
        const change = rowChange(newValue, sendOldValues ? oldValue : null, put);
        return forward({ key, value: change, timestamp: time, headers });
      };
    },
    lookup: (context) => context.rowStore(storeName),
  };
}
