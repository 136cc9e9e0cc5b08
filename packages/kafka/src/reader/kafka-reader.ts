import {
  LogError,
  type LogReader,
  type PollOptions,
  type ReaderPosition,
  type RecordBatch,
  type TopicPartition,
  topicPartitionKey,
} from '@millrace/log-client';
import type { Cluster } from '../cluster/cluster.ts';
import { FetchPosition } from './fetch-position.ts';
import { Fetcher } from './fetcher.ts';

/** Reads partitions of a cluster, each from its own position, over connections of its own. */
export class KafkaReader implements LogReader {
  readonly #cluster: Cluster;
  readonly #fetcher: Fetcher;
  readonly #positions = new Map<string, FetchPosition>();
  #signal: (() => void) | undefined;
  #interrupted = false;
  #closed = false;

  constructor(cluster: Cluster) {
    this.#cluster = cluster;
    this.#fetcher = new Fetcher(cluster, () => this.#onFetched());
  }

  add({ topic, partition, offset }: ReaderPosition, { paused }: { readonly paused: boolean }): void {
    const position = new FetchPosition({ topic, partition }, offset, paused);
    this.#positions.set(topicPartitionKey(topic, partition), position);
  }

  remove({ topic, partition }: TopicPartition): void {
    this.#positions.delete(topicPartitionKey(topic, partition));
  }

  /** Lets a poll that waits for records return without any. */
  interrupt(): void {
    this.#interrupted = true;
    this.#signal?.();
  }

  #onFetched(): void {
    this.#fetcher.start(this.#positions.values());
    this.#signal?.();
  }

  async poll({
    maxWaitMs,
    maxRecords,
    maxBytes = Number.POSITIVE_INFINITY,
  }: PollOptions): Promise<RecordBatch[]> {
    const deadline = performance.now() + maxWaitMs;
    for (;;) {
      const batches = this.#collect(maxRecords, maxBytes);
      this.#fetcher.start(this.#positions.values());
      const leftMs = deadline - performance.now();
      if (batches.length > 0 || leftMs <= 0 || this.#interrupted) {
        this.#interrupted = false;
        return batches;
      }
      await this.#wait(leftMs);
    }
  }

  /** Waits for a fetch to come back, or until the time is up. */
  #wait(ms: number): Promise<void> {
    return new Promise((resolve) => {
      const done = (): void => {
        clearTimeout(timer);
        this.#signal = undefined;
        resolve();
      };
      const timer = setTimeout(done, ms);
      this.#signal = done;
    });
  }

  #collect(maxRecords: number, maxBytes: number): RecordBatch[] {
    if (this.#closed) throw new LogError('LOG_CLOSED', 'This reader of the log is closed');
    let ready = 0;
    for (const { failure, hasRecords, paused } of this.#positions.values()) {
      if (hasRecords) ready++;
      else if (failure !== undefined && !paused) throw failure;
    }
    if (ready === 0) return [];
    const share = Math.max(1, Math.ceil(maxRecords / ready));
    const batches: RecordBatch[] = [];
    for (const position of this.#positions.values()) {
      const batch = position.hasRecords ? position.take(share, maxBytes / ready) : undefined;
      if (batch !== undefined) batches.push(batch);
    }
    return batches;
  }

  seek(partition: TopicPartition, offset: number): void {
    this.#position(partition).seek(offset);
  }

  pause(partition: TopicPartition): void {
    this.#position(partition).paused = true;
  }

  resume(partition: TopicPartition): void {
    this.#position(partition).paused = false;
  }

  lag(partition: TopicPartition): number | undefined {
    const { lastStableOffset, offset } = this.#position(partition);
    return lastStableOffset === undefined ? undefined : Math.max(0, lastStableOffset - offset);
  }

  #position({ topic, partition }: TopicPartition): FetchPosition {
    const key = topicPartitionKey(topic, partition);
    const position = this.#positions.get(key);
    if (position === undefined) throw new LogError('LOG_FENCED', `This reader does not have ${key} assigned`);
    return position;
  }

  async close(): Promise<void> {
    this.#closed = true;
    this.#positions.clear();
    this.#cluster.close();
    this.#signal?.();
  }
}
