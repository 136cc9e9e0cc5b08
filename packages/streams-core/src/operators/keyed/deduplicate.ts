import type { Operator } from '../../topology/operator.ts';
import { returned } from '../../record/returned.ts';

export interface Deduplicate<K, V> {
  readonly storeName: string;
  /** What makes two records the same, besides their key. */
  readonly by: (value: V, key: K) => string;
  readonly withinMs: number;
}

/**
 * Lets the first of equal records through: one whose equal is not more than `withinMs` away, before or after
 * it in time, is left out. Records without a key are compared with each other.
 */
export function deduplicate<K, V>({ storeName, by, withinMs }: Deduplicate<K, V>): Operator<K, V, K, V> {
  return {
    kind: 'deduplicate',
    open(context, forward) {
      const store = context.windowStore<string, boolean>(storeName);
      return (record) => {
        const { key, value, timestamp } = record;
        const identity = returned(by(value, key), 'deduplicate');
        const from = Math.max(0, timestamp - withinMs);
        if (store.fetchRange(identity, from, timestamp + withinMs).length > 0) {
          context.dropped('stale');
          return;
        }
        store.putEntry(identity, true, timestamp, timestamp);
        return forward(record);
      };
    },
  };
}
