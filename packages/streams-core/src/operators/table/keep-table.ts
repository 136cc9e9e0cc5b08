import type { Change, StreamRecord } from '../../record.ts';
import type { Operator, OperatorContext, TableView } from '../../topology/operator.ts';

/** The store of a table that is kept, or undefined for one that is worked out again for each look-up. */
export type KeptIn = string | undefined;

/** The old value to send on: the store's own where there is one, else what the change from above amounts to. */
export function keeper<K, V>(
  context: OperatorContext,
  kept: KeptIn,
): (key: K, change: Change<V>, timestamp: number) => Change<V> {
  const { sendOldValues } = context;
  if (kept === undefined)
    return (_key, change) => (sendOldValues ? change : { newValue: change.newValue, oldValue: null });
  const store = context.keyValueStore<K, V>(kept);
  return (key, { newValue }, timestamp) => {
    const oldValue = sendOldValues ? (store.get(key)?.value ?? null) : null;
    store.put(key, newValue, timestamp);
    return { newValue, oldValue };
  };
}

/** Where the two sides of a table-table join come together (Kafka Streams: KTableKTableJoinMerger). */
export function tableMerge<K, V>(firstSide: string, kept: KeptIn): Operator<K, Change<V>, K, Change<V>> {
  return {
    kind: 'table-merge',
    open(context, forward) {
      const keep = keeper<K, V>(context, kept);
      return ({ key, value, timestamp, headers }: StreamRecord<K, Change<V>>) =>
        forward({ key, value: keep(key, value, timestamp), timestamp, headers });
    },
    view: (context): TableView<unknown, unknown> =>
      kept === undefined ? context.view(firstSide) : context.keyValueStore(kept),
  };
}
