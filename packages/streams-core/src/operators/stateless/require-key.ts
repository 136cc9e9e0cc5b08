import type { NullKeys } from '../../topology/graph/nodes.ts';
import type { Operator } from '../../topology/operator.ts';

/** Leaves out, and counts, records without a key: they belong to no partition of a repartition topic. */
export function requireKey<K, V>(nullKeys: NullKeys): Operator<K, V, K, V> {
  return {
    kind: 'filter',
    open: (context, forward) => (record) => {
      if (record.key !== null || nullKeys.forwarded) return forward(record);
      return context.dropped();
    },
  };
}
