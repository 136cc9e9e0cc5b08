import type { Operator } from '../../topology/operator.ts';

export interface StreamTableJoin<K, V, K2, V2, R> {
  /** The node whose table is looked up. */
  readonly table: string;
  /** The table's key for a record: the record's own, save with a global table. */
  readonly selectKey: (key: K, value: V) => K2 | null;
  readonly joiner: (value: V, other: V2 | null, key: K) => R;
  /** Also where the table has no row. */
  readonly left: boolean;
}

/**
 * Joins each record of a stream with the table's row of the moment. Only the stream triggers; the result has the
 * record's timestamp. A null value is dropped; so is a null key, save in a left join on the record's own key
 * (Kafka Streams: KStreamKTableJoinProcessor).
 */
export function streamTableJoin<K, V, K2, V2, R>({
  table,
  selectKey,
  joiner,
  left,
}: StreamTableJoin<K, V, K2, V2, R>): Operator<K, V, K, R> {
  return {
    kind: left ? 'stream-table-left-join' : 'stream-table-join',
    open(context, forward) {
      const view = context.view<K2, V2>(table);
      return ({ key, value, timestamp, headers }) => {
        if (value === null) return context.dropped();
        const mapped = selectKey(key, value);
        if (mapped === null && !(left && key === null)) return context.dropped();
        const row = mapped === null ? undefined : view.get(mapped);
        if (row === undefined && !left) return;
        return forward({ key, value: joiner(value, row?.value ?? null, key), timestamp, headers });
      };
    },
  };
}
