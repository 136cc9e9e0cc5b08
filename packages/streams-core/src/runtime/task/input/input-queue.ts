import type { SourceNode, SourceTopic } from '../../../topology/graph/nodes.ts';
import { checking } from '../../../serde/checking.ts';
import type { Forward } from '../../../record/record.ts';
import type { DroppedRecords } from '../output/dropped-records.ts';
import type { RecordCollector } from '../output/record-collector.ts';
import type { TaskOptions } from '../task-options.ts';
import type { TaskTracing } from '../task-tracing.ts';
import { RecordQueue } from './record-queue.ts';
import { openSource } from './source-node.ts';
import type { TaskInput } from './task-inputs.ts';

/** One topic of a source node. */
export interface QueueSource {
  readonly source: SourceNode;
  readonly topic: SourceTopic;
  readonly input: TaskInput;
  /** Where its records go. */
  readonly entry: Forward;
}

/** What the queues of a task share. */
export interface QueueParts {
  readonly collector: RecordCollector;
  readonly dropped: DroppedRecords;
  readonly tracing: TaskTracing | undefined;
}

/** The queue of one input topic of a task, which reads what is put into it with the topic's serdes. */
export function inputQueue(
  { source, topic, input, entry }: QueueSource,
  { id, directory, onDeserializationError: onError, validate = false }: TaskOptions,
  { collector, dropped, tracing }: QueueParts,
): RecordQueue {
  const { partition } = id;
  const realName = directory.realName(topic.name);
  const deserialize = openSource({
    node: source.name,
    addedAt: source.addedAt,
    topic: validate ? { ...topic, key: checking(topic.key), value: checking(topic.value) } : topic,
    realName,
    partition,
    nulls: source.nulls,
    timestampExtractor: source.timestampExtractor,
    onError,
    collector,
    directory,
    dropped: (reason, record) =>
      dropped.drop(reason, source.name, record, { topic: realName, partition, offset: record.offset }),
  });
  const position = input.committed?.offset ?? input.startOffset;
  return new RecordQueue({
    topic: realName,
    topicId: input.topicId,
    partition,
    position,
    deserialize,
    entry: tracing === undefined ? entry : tracing.entry(entry),
  });
}
