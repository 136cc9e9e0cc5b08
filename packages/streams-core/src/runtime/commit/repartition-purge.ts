import {
  type LogClient,
  type OffsetCommit,
  type TopicPartition,
  topicPartitionKey,
} from '@millrace/log-client';
import type { Logger } from '../../logger.ts';

export interface RepartitionPurgeOptions {
  readonly log: LogClient;
  /** Real names of the application's repartition topics. */
  readonly topics: ReadonlySet<string>;
  readonly intervalMs: number;
  readonly logger: Logger;
}

/**
 * Deletes what has been processed from repartition topics: no other application reads them (Kafka Streams:
 * repartition.purge.interval.ms). It never holds anything up; what could not be deleted is deleted the next
 * time.
 */
export class RepartitionPurge {
  readonly #options: RepartitionPurgeOptions;
  readonly #committed = new Map<string, TopicPartition & { readonly offset: number }>();
  #lastAt = performance.now();
  #running = false;
  #warned = false;

  constructor(options: RepartitionPurgeOptions) {
    this.#options = options;
  }

  /** These offsets are committed. */
  committed(offsets: readonly OffsetCommit[]): void {
    if (this.#options.topics.size === 0) return;
    for (const { topic, partition, offset } of offsets) {
      if (!this.#options.topics.has(topic)) continue;
      this.#committed.set(topicPartitionKey(topic, partition), { topic, partition, offset });
    }
  }

  /** Deletes, in the background, where it is time to. */
  run(): void {
    if (this.#running || this.#committed.size === 0) return;
    const now = performance.now();
    if (now - this.#lastAt < this.#options.intervalMs) return;
    this.#lastAt = now;
    this.#running = true;
    const before = [...this.#committed.values()];
    this.#committed.clear();
    void this.#options.log.admin
      .deleteRecords(before)
      .catch((error: unknown) => {
        this.#warn(error);
        // Of a partition that has not been committed meanwhile, to be tried again.
        for (const one of before) {
          const key = topicPartitionKey(one.topic, one.partition);
          if (!this.#committed.has(key)) this.#committed.set(key, one);
        }
      })
      .finally(() => {
        this.#running = false;
      });
  }

  #warn(error: unknown): void {
    if (this.#warned) return;
    this.#warned = true;
    this.#options.logger.warn(
      { error },
      `Repartition topics keep what has been processed: ${(error as Error).message}`,
    );
  }
}
