import type { Change, StreamRecord } from '../../record/record.ts';
import type { Operator, TableLookup } from '../../topology/operator.ts';
import { type KeptIn, keeper } from './keep-table.ts';
import { passed } from './row-change.ts';
import { returned } from '../../record/returned.ts';

/** A table with other values; deletes stay deletes (Kafka Streams: KTableMapValues). */
export function tableMapValues<K, V, V2>(
  parent: string,
  mapper: (value: V, key: K) => V2,
  kept: KeptIn,
): Operator<K, Change<V>, K, Change<V2>> {
  const mapped = (value: V | null, key: K): V2 | null =>
    value === null ? null : returned(mapper(value, key), 'mapValues');
  return {
    kind: 'table-map-values',
    open(context, forward) {
      const keep = keeper<K, V2>(context, kept);
      const needsOld = context.sendOldValues && kept === undefined;
      return ({ key, value, timestamp, headers }: StreamRecord<K, Change<V>>) => {
        const oldValue = needsOld ? mapped(value.oldValue, key) : null;
        const change = keep(key, passed(value, mapped(value.newValue, key), oldValue), timestamp);
        if (change !== undefined) return forward({ key, value: change, timestamp, headers });
      };
    },
    lookup: (context): TableLookup<unknown, unknown> => {
      if (kept !== undefined) return context.rowStore(kept);
      const rows = context.lookup<K, V>(parent);
      const derived: TableLookup<K, V2> = {
        get: (key, asOf) => {
          const row = rows.get(key, asOf);
          return row === undefined
            ? undefined
            : { value: returned(mapper(row.value, key), 'mapValues'), timestamp: row.timestamp };
        },
      };
      return derived as TableLookup<unknown, unknown>;
    },
  };
}
