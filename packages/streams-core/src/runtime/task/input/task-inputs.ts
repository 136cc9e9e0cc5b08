import type { CommittedOffset, LogRecord, OffsetCommit } from '@millrace/log-client';
import type { ObservedTime } from '../../../topology/operator.ts';
import { decodeMetadata, encodeMetadata } from './commit-metadata.ts';
import { type LagOf, PartitionGroup } from './partition-group.ts';
import type { RecordQueue } from './record-queue.ts';
import type { TaskClock } from '../task-clock.ts';

/** One of the task's inputs: its next offset, and what was committed with that. */
export interface TaskInput {
  /** The topic as the topology knows it. */
  readonly topic: string;
  /** The id that the log gave the topic: a position belongs to it, not to its name. */
  readonly topicId: string;
  readonly committed: CommittedOffset | undefined;
  /** Where to start when nothing was committed. */
  readonly startOffset: number;
}

export interface InputPosition {
  readonly topic: string;
  readonly partition: number;
  readonly offset: number;
}

/** Records of an input that were fetched and not processed yet. */
export interface WaitingInput {
  readonly topic: string;
  readonly partition: number;
  readonly waiting: number;
  /** Of the first of them, in milliseconds; infinite where there is none. */
  readonly headTimestamp: number;
}

/** A task's input partitions: what waits in them, which record is next, and where they have got. */
export class TaskInputs {
  readonly #queues = new Map<string, RecordQueue>();
  readonly #group: PartitionGroup;

  constructor(lagOf: LagOf) {
    this.#group = new PartitionGroup(lagOf);
  }

  add(queue: RecordQueue, committed: CommittedOffset | undefined): void {
    queue.partitionTime = decodeMetadata(committed?.metadata ?? '').partitionTime;
    this.#queues.set(queue.topic, queue);
    this.#group.add(queue);
  }

  /** The inputs by real topic name, with their next offsets. */
  get positions(): readonly InputPosition[] {
    return [...this.#queues.values()].map(({ topic, partition, position }) => ({
      topic,
      partition,
      offset: position,
    }));
  }

  /** What waits in each input, and the timestamp of the first of it. */
  get waitingByInput(): readonly WaitingInput[] {
    return [...this.#queues.values()].map(({ topic, partition, waiting, headTimestamp }) => ({
      topic,
      partition,
      waiting,
      headTimestamp,
    }));
  }

  push(topic: string, records: readonly LogRecord[], nextOffset?: number): boolean {
    return this.#queues.get(topic)?.push(records, nextOffset) ?? false;
  }

  /** How many records of an input wait. */
  waiting(topic: string): number {
    return this.#queues.get(topic)?.waiting ?? 0;
  }

  get hasWaiting(): boolean {
    for (const queue of this.#queues.values()) if (queue.head !== undefined) return true;
    return false;
  }

  /** Checks empty partitions again: something may have come since. */
  refresh(): void {
    this.#group.refresh();
  }

  /** The queue whose first record is next; undefined where there is none, or none may be taken yet. */
  next(): RecordQueue | undefined {
    return this.#group.next();
  }

  /** What to commit: the next offset of each input, and how far times have got. */
  offsets(streamTime: number, operators: ReadonlyMap<string, ObservedTime>): OffsetCommit[] {
    return [...this.#queues.values()].map(({ topic, topicId, partition, position, partitionTime }) => ({
      topic,
      partition,
      offset: position,
      metadata: encodeMetadata({ topicId, partitionTime, streamTime, operators }),
    }));
  }
}

/**
 * Takes times up where they were committed. They only grow, so that the largest of what the partitions say is
 * the latest.
 */
export function recallTimes(
  inputs: readonly TaskInput[],
  clock: TaskClock,
  observed: Map<string, ObservedTime>,
): void {
  for (const { committed } of inputs) {
    const { streamTime, operators } = decodeMetadata(committed?.metadata ?? '');
    clock.streamTime = Math.max(clock.streamTime, streamTime);
    for (const [node, time] of operators) {
      const known = observed.get(node);
      if (known === undefined) observed.set(node, { value: time });
      else known.value = Math.max(known.value, time);
    }
  }
}
