import { boolean, type Serde, string } from '@millrace/log-client';
import { keyValueStore, windowStore } from '@millrace/state-stores';
import { TopologyError } from '../errors.ts';
import { deduplicate } from '../operators/keyed/deduplicate.ts';
import { type Allowance, throttle } from '../operators/keyed/throttle.ts';
import { json } from '../serde/json.ts';
import { assertDuration } from '../windows/time-windows.ts';
import { requireKeySerde } from './materialize.ts';
import type { DeduplicateOptions, ThrottleOptions } from '../options/limits.ts';
import { throughTopic } from './repartition.ts';
import type { StreamRef } from './refs.ts';
import type { LogicalGraph } from '../topology/graph/logical-graph.ts';

/** Adds the node that drops duplicates, and its store. */
export function deduplicateStream<K, V>(
  graph: LogicalGraph,
  stream: StreamRef<K, V>,
  options: DeduplicateOptions<K, V>,
): StreamRef<K, V> {
  const { withinMs, key, name, as } = options;
  const node = graph.names.node('KSTREAM-DEDUPLICATE-', name);
  assertDuration('withinMs', withinMs, 0);
  const { ref, serde } = byKey(graph, stream, node, key);
  const storeName = as ?? graph.names.store('KSTREAM-DEDUPLICATE-');
  // A record may come so late that it is equal to one up to `withinMs` after it.
  const retentionMs = 2 * withinMs + 1;
  const spec = windowStore({
    name: storeName,
    key: string(),
    value: boolean(),
    retentionMs,
    windowSizeMs: 0,
  });
  graph.addStore(spec);
  const identity = (value: V, recordKey: K): string =>
    options.by?.(value, recordKey) ?? Buffer.from(serde.serialize(recordKey)).toString('base64');
  graph.addProcessor({
    name: node,
    parents: [ref.node],
    operator: deduplicate<K, V>({ storeName, by: identity, withinMs }),
    stores: [storeName],
  });
  return { ...ref, node };
}

/** Adds the node that limits each key's records, and its store. */
export function throttleStream<K, V>(
  graph: LogicalGraph,
  stream: StreamRef<K, V>,
  { limit, intervalMs, key, name, as }: ThrottleOptions<K>,
): StreamRef<K, V> {
  const node = graph.names.node('KSTREAM-THROTTLE-', name);
  assertDuration('intervalMs', intervalMs, 1);
  if (!(Number.isInteger(limit) && limit >= 1)) {
    throw new TopologyError(
      'TOPOLOGY_INVALID',
      `${node}: the limit must be a positive whole number, got ${limit}`,
    );
  }
  const { ref, serde } = byKey(graph, stream, node, key);
  const storeName = as ?? graph.names.store('KSTREAM-THROTTLE-');
  graph.addStore(keyValueStore({ name: storeName, key: serde, value: json<Allowance>() }));
  graph.addProcessor({
    name: node,
    parents: [ref.node],
    operator: throttle<K, V>({ storeName, limit, intervalMs }),
    stores: [storeName],
  });
  return { ...ref, node };
}

/** The stream where records of one key meet, and how to write its keys. */
function byKey<K, V>(
  graph: LogicalGraph,
  stream: StreamRef<K, V>,
  node: string,
  given: Serde<K> | undefined,
): { readonly ref: StreamRef<K, V>; readonly serde: Serde<K> } {
  const serde = requireKeySerde(given ?? stream.key, node);
  if (!stream.repartition) return { ref: stream, serde };
  return { ref: throughTopic(graph, stream, { prefix: node, key: serde, value: stream.value }), serde };
}
