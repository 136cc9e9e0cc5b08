import type { LateRecords } from '../../operators/aggregate/late.ts';
import type { Serializer } from '../../serde/topic.ts';
import type { LogicalGraph } from '../../topology/graph/logical-graph.ts';
import type { WindowingOptions } from '../../options/windowed-options.ts';

const lateSink = (node: string): string => `${node}-late`;

/** Where late records of a node go. */
export function lateRecordsOf<K, V>(
  node: string,
  { onLate }: Pick<WindowingOptions<K, V>, 'onLate'>,
): LateRecords<K, V> {
  return typeof onLate === 'function'
    ? { callback: onLate, sink: undefined }
    : { callback: undefined, sink: onLate && lateSink(node) };
}

/** Adds the sink for a node's late records, where they go to a topic. The node must be there. */
export function addLateSink<K, V>(
  graph: LogicalGraph,
  node: string,
  { onLate }: Pick<WindowingOptions<K, V>, 'onLate'>,
): void {
  if (onLate === undefined || typeof onLate === 'function') return;
  graph.addSink({
    name: lateSink(node),
    parents: [node],
    side: true,
    topic: onLate.name,
    key: onLate.key as Serializer<unknown>,
    value: onLate.value as Serializer<unknown>,
  });
}
