import type { Change, StreamRecord } from '../../record.ts';
import type { Operator, TableView } from '../../topology/operator.ts';
import { type KeptIn, keeper } from './keep-table.ts';

/** The rows of a table that a predicate holds for; one that it no longer holds for is deleted (Kafka Streams: KTableFilter). */
export function tableFilter<K, V>(
  parent: string,
  predicate: (value: V, key: K) => boolean,
  kept: KeptIn,
): Operator<K, Change<V>, K, Change<V>> {
  const pass = (value: V | null, key: K): V | null =>
    value !== null && predicate(value, key) ? value : null;
  return {
    kind: 'table-filter',
    open(context, forward) {
      const keep = keeper<K, V>(context, kept);
      const { sendOldValues } = context;
      return ({ key, value, timestamp, headers }: StreamRecord<K, Change<V>>) => {
        const newValue = pass(value.newValue, key);
        const oldValue = sendOldValues ? pass(value.oldValue, key) : null;
        const change = keep(key, { newValue, oldValue }, timestamp);
        // Neither there before nor now: nothing has changed.
        if (sendOldValues && change.newValue === null && change.oldValue === null) return;
        return forward({ key, value: change, timestamp, headers });
      };
    },
    view: (context): TableView<unknown, unknown> => {
      if (kept !== undefined) return context.keyValueStore(kept);
      const view = context.view<K, V>(parent);
      const filtered: TableView<K, V> = {
        get: (key) => {
          const row = view.get(key);
          return row !== undefined && predicate(row.value, key) ? row : undefined;
        },
      };
      return filtered as TableView<unknown, unknown>;
    },
  };
}
