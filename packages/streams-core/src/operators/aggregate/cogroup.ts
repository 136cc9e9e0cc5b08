import type { Change } from '../../record/record.ts';
import type { Operator } from '../../topology/operator.ts';

/**
 * Where the aggregations of several streams into one store come together. Each stream has an aggregation of
 * its own with its own `add`; the rows are in the store that all of them share (Kafka Streams:
 * CogroupedStreamAggregateBuilder).
 */
export function cogroupMerge<K, V>(firstAggregation: string): Operator<K, Change<V>, K, Change<V>> {
  return {
    kind: 'cogroup-merge',
    open: (_context, forward) => forward,
    lookup: (context) => context.lookup(firstAggregation),
  };
}
