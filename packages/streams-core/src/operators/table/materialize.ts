import type { Change, StreamRecord } from '../../record/record.ts';
import type { Operator, OperatorContext, TableLookup } from '../../topology/operator.ts';
import { rowChange } from './row-change.ts';

/** The store of a materialized table; undefined where rows are computed at each lookup. */
export type MaterializedIn = string | undefined;

/**
 * Puts a change's row into the table's store, if it has one, with the record's timestamp and headers. Returns
 * the change to forward; undefined where the row is past the store's retention. The old value comes from the
 * store if there is one, else from the change.
 */
export function materializer<K, V>(
  context: OperatorContext,
  materialized: MaterializedIn,
): (record: StreamRecord<K, unknown>, change: Change<V>) => Change<V> | undefined {
  const { sendOldValues } = context;
  if (materialized === undefined) return (_record, change) => change;
  const store = context.rowStore<K, V>(materialized);
  return ({ key, timestamp, headers }, { newValue }) => {
    const oldValue = sendOldValues ? (store.get(key)?.value ?? null) : null;
    const put = store.put(key, newValue, timestamp, headers);
    if (put !== 'expired') return rowChange(newValue, oldValue, put);
    context.dropped('late');
  };
}

/** Merges the two sides of a table-table join (Kafka Streams: KTableKTableJoinMerger). */
export function tableMerge<K, V>(
  firstSide: string,
  materialized: MaterializedIn,
): Operator<K, Change<V>, K, Change<V>> {
  return {
    kind: 'table-merge',
    open(context, forward) {
      const materialize = materializer<K, V>(context, materialized);
      return (record: StreamRecord<K, Change<V>>) => {
        const { key, value, timestamp, headers } = record;
        const change = materialize(record, value);
        if (change !== undefined) return forward({ key, value: change, timestamp, headers });
      };
    },
    lookup: (context): TableLookup<unknown, unknown> =>
      materialized === undefined ? context.lookup(firstSide) : context.rowStore(materialized),
  };
}
