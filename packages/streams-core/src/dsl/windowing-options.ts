import type { LateRecords, Lateness } from '../operators/aggregate/late.ts';
import type { StreamRecord } from '../record.ts';
import type { Serializer, SinkTopic } from '../serde/topic.ts';
import type { LogicalGraph } from '../topology/logical-graph.ts';
import type { EmitStrategy } from '../windows/emit-strategy.ts';

/** What to do with a record that is too late for its window: call back with it, or write it to a topic. */
export type OnLate<K, V> =
  | ((record: StreamRecord<K, V>, lateness: Lateness) => void | Promise<void>)
  | SinkTopic<K, V>;

/** How an aggregation by windows sends its results, and what becomes of records that are too late. */
export interface WindowingOptions<K, V> {
  /** Default: at every change. */
  readonly emit?: EmitStrategy;
  /** Gets records that are too late, once for each window they are too late for. They are counted in any case. */
  readonly onLate?: OnLate<K, V>;
}

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
