import type { Change, StreamRecord } from '../../record/record.ts';
import type { Operator, OperatorContext, TableLookup } from '../../topology/operator.ts';
import { rowChange } from './row-change.ts';

/** The store of a table that is kept, or undefined for one that is worked out again for each look-up. */
export type KeptIn = string | undefined;

/**
 * Keeps a change's row where the table is kept, and gives the change to send on; undefined where the row is
 * too old to be kept. The old value is the store's own where there is one, else what the change says.
 */
export function keeper<K, V>(
  context: OperatorContext,
  kept: KeptIn,
): (key: K, change: Change<V>, timestamp: number) => Change<V> | undefined {
  const { sendOldValues } = context;
  if (kept === undefined) return (_key, change) => change;
  const store = context.rowStore<K, V>(kept);
  return (key, { newValue }, timestamp) => {
    const oldValue = sendOldValues ? (store.get(key)?.value ?? null) : null;
    const put = store.put(key, newValue, timestamp);
    if (put !== 'expired') return rowChange(newValue, oldValue, put);
    context.dropped('late');
  };
}

/** Where the two sides of a table-table join come together (Kafka Streams: KTableKTableJoinMerger). */
export function tableMerge<K, V>(firstSide: string, kept: KeptIn): Operator<K, Change<V>, K, Change<V>> {
  return {
    kind: 'table-merge',
    open(context, forward) {
      const keep = keeper<K, V>(context, kept);
      return ({ key, value, timestamp, headers }: StreamRecord<K, Change<V>>) => {
        const change = keep(key, value, timestamp);
        if (change !== undefined) return forward({ key, value: change, timestamp, headers });
      };
    },
    lookup: (context): TableLookup<unknown, unknown> =>
      kept === undefined ? context.lookup(firstSide) : context.rowStore(kept),
  };
}
