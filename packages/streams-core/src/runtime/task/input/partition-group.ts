import type { RecordQueue } from './record-queue.ts';

/** How many more records of a partition the log could give now; undefined while that is unknown. */
export type LagOf = (topic: string, partition: number) => number | undefined;

/**
 * Chooses the next record of a task: the one with the smallest timestamp among the partitions' first ones; of
 * equal ones, that of the source declared first. It never runs ahead of a partition that has records still to
 * be fetched, so the same input gives the same order every time (Kafka Streams: PartitionGroup,
 * max.task.idle.ms = 0).
 */
export class PartitionGroup {
  readonly #queues: RecordQueue[] = [];
  readonly #lagOf: LagOf;

  constructor(lagOf: LagOf) {
    this.#lagOf = lagOf;
  }

  add(queue: RecordQueue): void {
    this.#queues.push(queue);
  }

  /** Checks empty partitions again: something may have come since. */
  refresh(): void {
    for (const queue of this.#queues) queue.drained = false;
  }

  /** The queue whose first record is next; undefined where there is none, or none may be taken yet. */
  next(): RecordQueue | undefined {
    let best: RecordQueue | undefined;
    for (const queue of this.#queues) {
      if (queue.head === undefined) {
        if (!queue.drained && !this.#isDrained(queue)) return undefined;
      } else if (best === undefined || queue.headTimestamp < best.headTimestamp) {
        best = queue;
      }
    }
    return best;
  }

  #isDrained(queue: RecordQueue): boolean {
    queue.drained = this.#lagOf(queue.topic, queue.partition) === 0;
    return queue.drained;
  }
}
