import { StreamsError } from '../../errors.ts';
import type { Change, StreamRecord } from '../../record/record.ts';
import type { Operator } from '../../topology/operator.ts';
import { rowChange } from '../table/row-change.ts';
import { returned } from '../../record/returned.ts';
import { laterOf } from '../observed-time.ts';

/** How a table's rows go into an aggregate and come out of it again. */
export interface TableAggregation<K, V, A> {
  readonly initial: () => A | null;
  readonly add: (aggregate: A | null, value: V, key: K) => A | null;
  readonly subtract: (aggregate: A, value: V, key: K) => A | null;
}

export const tableCounting: TableAggregation<unknown, unknown, number> = {
  initial: () => 0,
  add: (count) => (count ?? 0) + 1,
  subtract: (count) => count - 1,
};

export function tableReducing<V>(
  add: (aggregate: V, value: V) => V,
  subtract: (aggregate: V, value: V) => V,
): TableAggregation<unknown, V, V> {
  return {
    initial: () => null,
    add: (aggregate, value) => (aggregate === null ? value : add(aggregate, value)),
    subtract,
  };
}

/**
 * Aggregates a regrouped table: first takes a row's old value out, where there is both an old value and an
 * aggregate, then puts the new one in (Kafka Streams: KTableAggregate, KTableReduce).
 */
export function tableAggregate<K, V, A>(
  storeName: string,
  { initial, add, subtract }: TableAggregation<K, V, A>,
): Operator<K, Change<V>, K, Change<A>> {
  return {
    kind: 'table-aggregate',
    open(context, forward) {
      const store = context.rowStore<K, A>(storeName);
      const { sendOldValues } = context;
      return ({ key, value, timestamp, headers }: StreamRecord<K, Change<V>>) => {
        if (key === null)
          throw new StreamsError('RECORD_PROCESSING', 'The grouping of a table gave a null key');
        const old = store.get(key);
        const oldValue = old === undefined ? null : old.value;
        let newValue = oldValue;
        if (value.oldValue !== null && newValue !== null)
          newValue = returned(subtract(newValue, value.oldValue, key), 'subtract');
        if (value.newValue !== null)
          newValue = returned(add(newValue ?? returned(initial(), 'initial'), value.newValue, key), 'add');
        const changes = value.newValue !== null || value.oldValue !== null;
        const time = changes ? laterOf(old, timestamp) : timestamp;
        const put = store.put(key, newValue, time, headers);
        if (put === 'expired') return context.dropped('late');
        const change = rowChange(newValue, sendOldValues ? oldValue : null, put);
        return forward({ key, value: change, timestamp: time, headers });
      };
    },
    lookup: (context) => context.rowStore(storeName),
  };
}
