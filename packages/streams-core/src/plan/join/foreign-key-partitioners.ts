import type { Serde } from '@millrace/log-client';
import type { SubscriptionResponse } from '../../serde/subscription-serde.ts';
import type { StreamPartitioner } from '../../topology/graph/nodes.ts';

type AnyPartitioner = StreamPartitioner<unknown, unknown>;

/** By the key alone, where the user gave a partitioner. */
export function keyPartitioner<K>(
  partitioner: StreamPartitioner<K, null> | undefined,
): AnyPartitioner | undefined {
  if (partitioner === undefined) return undefined;
  return ({ key }, topic) => partitioner({ key: key as K, value: null }, topic);
}

/** To the partition the left row came from, or where the user's partitioner sends it. */
export function responsePartitioner<K>(
  key: Serde<K>,
  partitioner: StreamPartitioner<K, null> | undefined,
): AnyPartitioner {
  if (partitioner === undefined) {
    return ({ value }) => (value as SubscriptionResponse<unknown>).primaryPartition;
  }
  return ({ key: keyBytes }, topic) =>
    partitioner({ key: key.deserialize(keyBytes as Uint8Array), value: null }, topic);
}
