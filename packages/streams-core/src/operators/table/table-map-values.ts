import type { Change, StreamRecord } from '../../record/record.ts';
import type { Operator, TableLookup } from '../../topology/operator.ts';
import { derivedRow } from './derived-row.ts';
import { type MaterializedIn, materializer } from './materialize.ts';
import { passed } from './row-change.ts';
import { returned } from '../../record/returned.ts';

/** A table with other values; deletes stay deletes (Kafka Streams: KTableMapValues). */
export function tableMapValues<K, V, V2>(
  parent: string,
  mapper: (value: V, key: K) => V2,
  materialized: MaterializedIn,
): Operator<K, Change<V>, K, Change<V2>> {
  const mapped = (value: V | null, key: K): V2 | null =>
    value === null ? null : returned(mapper(value, key), 'mapValues');
  return {
    kind: 'table-map-values',
    open(context, forward) {
      const materialize = materializer<K, V2>(context, materialized);
      const needsOld = context.sendOldValues && materialized === undefined;
      return (record: StreamRecord<K, Change<V>>) => {
        const { key, value, timestamp, headers } = record;
        const oldValue = needsOld ? mapped(value.oldValue, key) : null;
        const change = materialize(record, passed(value, mapped(value.newValue, key), oldValue));
        if (change !== undefined) return forward({ key, value: change, timestamp, headers });
      };
    },
    lookup: (context): TableLookup<unknown, unknown> => {
      if (materialized !== undefined) return context.rowStore(materialized);
      const rows = context.lookup<K, V>(parent);
      const derived: TableLookup<K, V2> = {
        get: (key, asOf) => {
          const row = rows.get(key, asOf);
          return row && derivedRow(row, returned(mapper(row.value, key), 'mapValues'));
        },
      };
      return derived as TableLookup<unknown, unknown>;
    },
  };
}
