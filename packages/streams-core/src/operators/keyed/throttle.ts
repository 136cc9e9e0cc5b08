import type { Operator } from '../../topology/operator.ts';

export interface Throttle {
  readonly storeName: string;
  /** Records of one key that are forwarded in any one interval. */
  readonly limit: number;
  readonly intervalMs: number;
}

/** How many records of a key went on in the interval that it is in. */
export interface Allowance {
  readonly intervalStart: number;
  readonly used: number;
}

/**
 * Lets at most `limit` records of each key through in every interval of stream time, aligned to the epoch;
 * the others are left out. A record from an interval that has passed for its key is counted to the present
 * one.
 */
export function throttle<K, V>({ storeName, limit, intervalMs }: Throttle): Operator<K, V, K, V> {
  return {
    kind: 'throttle',
    open(context, forward) {
      const store = context.rowStore<K, Allowance>(storeName);
      return (record) => {
        const { key, timestamp, headers } = record;
        if (key === null) return context.dropped();
        const current = timestamp - (timestamp % intervalMs);
        const known = store.get(key)?.value;
        const allowance =
          known === undefined || known.intervalStart < current ? { intervalStart: current, used: 0 } : known;
        if (allowance.used >= limit) {
          context.dropped('stale');
          return;
        }
        store.put(key, { ...allowance, used: allowance.used + 1 }, timestamp, headers);
        return forward(record);
      };
    },
  };
}
