import type { Change, StreamRecord } from '../../record/record.ts';
import type { Operator, TableLookup } from '../../topology/operator.ts';
import { type MaterializedIn, materializer } from './materialize.ts';
import { passed } from './row-change.ts';
import { holds } from '../../record/returned.ts';

export interface TableFilter<K, V> {
  readonly parent: string;
  readonly predicate: (value: V, key: K) => boolean;
  readonly materialized: MaterializedIn;
  /** Rows come in versions: nothing may be left out for being no change. */
  readonly versioned: boolean;
}

/**
 * The rows of a table that a predicate holds for; one that it no longer holds for is deleted (Kafka Streams:
 * KTableFilter).
 */
export function tableFilter<K, V>({
  parent,
  predicate,
  materialized,
  versioned,
}: TableFilter<K, V>): Operator<K, Change<V>, K, Change<V>> {
  const pass = (value: V | null, key: K): V | null =>
    value !== null && holds(predicate(value, key), 'filter') ? value : null;
  return {
    kind: 'table-filter',
    open(context, forward) {
      const store = materialized === undefined ? undefined : context.rowStore<K, V>(materialized);
      const materialize = materializer<K, V>(context, materialized);
      const { sendOldValues } = context;
      return (record: StreamRecord<K, Change<V>>) => {
        const { key, value, timestamp, headers } = record;
        const newValue = pass(value.newValue, key);
        // Neither there before nor now: nothing has changed.
        if (sendOldValues && newValue === null && !versioned) {
          const old = store === undefined ? pass(value.oldValue, key) : (store.get(key)?.value ?? null);
          if (old === null) return;
        }
        const oldValue = sendOldValues ? pass(value.oldValue, key) : null;
        const change = materialize(record, passed(value, newValue, oldValue));
        if (change !== undefined) return forward({ key, value: change, timestamp, headers });
      };
    },
    lookup: (context): TableLookup<unknown, unknown> => {
      if (materialized !== undefined) return context.rowStore(materialized);
      const rows = context.lookup<K, V>(parent);
      const filtered: TableLookup<K, V> = {
        get: (key, asOf) => {
          const row = rows.get(key, asOf);
          return row !== undefined && holds(predicate(row.value, key), 'filter') ? row : undefined;
        },
      };
      return filtered as TableLookup<unknown, unknown>;
    },
  };
}
