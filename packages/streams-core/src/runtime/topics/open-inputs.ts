import {
  type CommittedOffset,
  LogError,
  type OffsetCommit,
  type TopicPartition,
  topicPartitionKey,
} from '@millrace/log-client';
import type { SubTopology } from '../../topology/built/sub-topologies.ts';
import type { TaskLayout } from '../assign/task-assignor.ts';
import type { ResolvedConfig } from '../config.ts';
import type { PartitionReset } from '../../handlers.ts';
import { decodeMetadata } from '../task/input/commit-metadata.ts';
import { resetOffset } from './offset-reset.ts';
import { type TaskId, taskName } from '../task/task-id.ts';
import type { TaskInput } from '../task/input/task-inputs.ts';
import type { TopicDirectory } from '../task/topic-directory.ts';

/** How far an app has read, by partition: an offset of one topic, not of whichever has its name. */
export class ReadPositions {
  readonly #positions = new Map<string, { readonly topicId: string | undefined; readonly offset: number }>();

  committed(offsets: readonly OffsetCommit[]): void {
    for (const { topic, partition, offset, metadata } of offsets) {
      const { topicId } = decodeMetadata(metadata);
      this.#positions.set(topicPartitionKey(topic, partition), { topicId, offset });
    }
  }

  /** What was read of an earlier topic of this name. */
  ofEarlierTopic({ topic, partition }: TopicPartition, topicId: string): number | undefined {
    const known = this.#positions.get(topicPartitionKey(topic, partition));
    return known === undefined || known.topicId === topicId ? undefined : known.offset;
  }
}

export interface OpenInputsOptions {
  readonly id: TaskId;
  readonly config: ResolvedConfig;
  readonly layout: TaskLayout;
  readonly subTopology: SubTopology;
  readonly directory: TopicDirectory;
  readonly positions: ReadPositions;
}

interface Place {
  readonly committed: CommittedOffset | undefined;
  readonly startOffset: number;
}

/**
 * Where a task's inputs start: where they were committed or, where that is no place in the topic any more, by
 * their reset policy.
 */
export async function openInputs(options: OpenInputsOptions): Promise<TaskInput[]> {
  const { id, config, layout, subTopology, directory } = options;
  const { admin } = config.log;
  const partitions = layout.partitionsOf(taskName(id));
  const topics = await admin.topics(partitions.map(({ topic }) => topic));
  const committed = await admin.committed(config.applicationId, partitions);
  const ranges = await admin.offsets(partitions);
  const sources = new Map(
    subTopology.sources.flatMap((source) =>
      source.topics.map(({ name }) => [directory.realName(name), { name, source }] as const),
    ),
  );
  const inputs: TaskInput[] = [];
  for (const [index, partition] of partitions.entries()) {
    const { name, source } = sources.get(partition.topic)!;
    const topicId = topics.get(partition.topic)?.id;
    if (topicId === undefined) throw gone(partition.topic);
    const place = await placeOf(options, {
      partition,
      topicId,
      source,
      range: ranges[index]!,
      known: committed[index],
    });
    inputs.push({ topic: name, topicId, ...place });
  }
  return inputs;
}

function gone(topic: string): LogError {
  return new LogError(
    'LOG_UNKNOWN_TOPIC',
    `The input topic "${topic}" was deleted while its task was opened`,
  );
}

interface Input {
  readonly partition: TopicPartition;
  readonly topicId: string;
  readonly source: SubTopology['sources'][number];
  readonly range: { readonly start: number; readonly end: number };
  readonly known: CommittedOffset | undefined;
}

async function placeOf(
  { config, positions }: OpenInputsOptions,
  { partition, topicId, source, range, known }: Input,
): Promise<Place> {
  const { topicId: ofTopic = topicId } = decodeMetadata(known?.metadata ?? '');
  const earlier = ofTopic === topicId ? positions.ofEarlierTopic(partition, topicId) : known?.offset;
  const inRange = known !== undefined && known.offset >= range.start && known.offset <= range.end;
  if (inRange && earlier === undefined) return { committed: known, startOffset: known.offset };
  const lost = earlier ?? known?.offset;
  const offset = await resetOffset(config.log, { source, partition, range, committed: lost });
  if (lost === undefined) return { committed: undefined, startOffset: offset };
  const reason: PartitionReset['reason'] = earlier === undefined ? 'out-of-range' : 'topic-recreated';
  const missed = Math.max(0, offset - (earlier === undefined ? lost : range.start));
  config.offsetResetListener({ ...partition, committed: lost, offset, reason, missed });
  // Times only grow, but those of a former topic say nothing about this one.
  const committed = known === undefined || ofTopic !== topicId ? undefined : { ...known, offset };
  return { committed, startOffset: offset };
}
