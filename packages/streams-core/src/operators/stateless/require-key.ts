import type { Operator } from '../../topology/operator.ts';

/** Whether records without a key are forwarded all the same; resolved when the topology is built. */
export interface NullKeys {
  kept: boolean;
}

/** Leaves out, and counts, records without a key: they belong to no partition of a repartition topic. */
export function requireKey<K, V>(nullKeys: NullKeys): Operator<K, V, K, V> {
  return {
    kind: 'filter',
    open: (context, forward) => (record) => {
      if (record.key !== null || nullKeys.kept) return forward(record);
      return context.dropped();
    },
  };
}
