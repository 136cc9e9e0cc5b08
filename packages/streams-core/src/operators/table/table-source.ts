import type { Change } from '../../record/record.ts';
import type { Operator } from '../../topology/operator.ts';
import { rowChange } from './row-change.ts';

/**
 * Reads a stream as the changes of a table: the last record of a key is its row, null deletes it, a null key
 * is left out. Without a store it sends new values only. A version too old for a versioned store is left out;
 * one that is not the latest is forwarded as such (Kafka Streams: KTableSource).
 */
export function tableSource<K, V>(storeName: string): Operator<K, V, K, Change<V>> {
  return {
    kind: 'table-source',
    open(context, forward) {
      if (!context.keepsTable) {
        return ({ key, value, timestamp, headers }) => {
          if (key === null) return context.dropped();
          return forward({ key, value: { newValue: value, oldValue: null }, timestamp, headers });
        };
      }
      const store = context.rowStore<K, V>(storeName);
      const { sendOldValues } = context;
      return ({ key, value, timestamp, headers }) => {
        if (key === null) return context.dropped();
        const oldValue = sendOldValues ? (store.get(key)?.value ?? null) : null;
        const put = store.put(key, value, timestamp, headers);
        if (put === 'expired') return context.dropped('late');
        return forward({ key, value: rowChange(value, oldValue, put), timestamp, headers });
      };
    },
    lookup: (context) => context.rowStore(storeName),
  };
}
