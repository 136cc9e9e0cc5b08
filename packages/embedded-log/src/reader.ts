import {
  LogError,
  type LogReader,
  type LogRecord,
  type PollOptions,
  type ReaderPosition,
  type RecordBatch,
  type TopicPartition,
  topicPartitionKey,
} from '@millrace/log-client';
import type { PartitionLog } from './storage/partition-log.ts';

interface Position {
  readonly log: PartitionLog;
  offset: number;
  paused: boolean;
}

/** Wakes readers that wait for records. */
export class AppendSignal {
  #waiters = new Set<() => void>();

  notify(): void {
    if (this.#waiters.size === 0) return;
    const waiters = this.#waiters;
    this.#waiters = new Set();
    for (const wake of waiters) wake();
  }

  /** Resolves at the next notification, or after `ms`. */
  wait(ms: number): Promise<void> {
    return new Promise((resolve) => {
      const wake = (): void => {
        clearTimeout(timer);
        this.#waiters.delete(wake);
        resolve();
      };
      const timer = setTimeout(wake, ms);
      this.#waiters.add(wake);
    });
  }
}

export interface EmbeddedReaderOptions {
  readonly find: (topic: string, partition: number) => PartitionLog;
  readonly signal: AppendSignal;
  readonly isLogClosed: () => boolean;
}

/** Reads partitions of an embedded log in turn, each from its own position. */
export class EmbeddedReader implements LogReader {
  readonly #find: (topic: string, partition: number) => PartitionLog;
  readonly #signal: AppendSignal;
  readonly #isLogClosed: () => boolean;
  readonly #positions = new Map<string, Position>();
  #closed = false;

  constructor({ find, signal, isLogClosed }: EmbeddedReaderOptions) {
    this.#find = find;
    this.#signal = signal;
    this.#isLogClosed = isLogClosed;
  }

  add({ topic, partition, offset }: ReaderPosition, { paused }: { readonly paused: boolean }): void {
    const log = this.#find(topic, partition);
    this.#positions.set(topicPartitionKey(topic, partition), { log, offset, paused });
  }

  remove({ topic, partition }: TopicPartition): void {
    this.#positions.delete(topicPartitionKey(topic, partition));
  }

  partitions(): TopicPartition[] {
    return [...this.#positions.values()].map(({ log: { topic, partition } }) => ({ topic, partition }));
  }

  async poll({ maxWaitMs, maxRecords }: PollOptions): Promise<RecordBatch[]> {
    const batches = await this.#collect(maxRecords);
    if (batches.length > 0 || maxWaitMs <= 0) return batches;
    await this.#signal.wait(maxWaitMs);
    return this.#collect(maxRecords);
  }

  async #collect(maxRecords: number): Promise<RecordBatch[]> {
    if (this.#closed) throw new LogError('LOG_CLOSED', 'This reader of the log is closed');
    if (this.#isLogClosed()) throw new LogError('LOG_CLOSED', 'The log that this reader reads was closed');
    for (const { log } of this.#positions.values()) log.assertExists();
    const ready = [...this.#positions.values()].filter(
      ({ log, offset, paused }) => !paused && offset !== log.end,
    );
    const share = Math.max(1, Math.ceil(maxRecords / Math.max(1, ready.length)));
    const batches: RecordBatch[] = [];
    for (const position of ready) {
      const { offset } = position;
      const found = position.log.read(offset, share);
      const records: LogRecord[] = found instanceof Promise ? await found : found;
      const last = records.at(-1);
      // A seek or a revocation while the file was being read: what was read is of no use any more.
      if (last === undefined || position.offset !== offset || !this.#has(position)) continue;
      position.offset = last.offset + 1;
      const { topic, partition } = position.log;
      batches.push({ topic, partition, records, nextOffset: position.offset });
    }
    return batches;
  }

  #has(position: Position): boolean {
    const { topic, partition } = position.log;
    return this.#positions.get(topicPartitionKey(topic, partition)) === position;
  }

  seek(partition: TopicPartition, offset: number): void {
    this.#position(partition).offset = offset;
  }

  pause(partition: TopicPartition): void {
    this.#position(partition).paused = true;
  }

  resume(partition: TopicPartition): void {
    this.#position(partition).paused = false;
  }

  lag(partition: TopicPartition): number {
    const { log, offset } = this.#position(partition);
    return log.end - offset;
  }

  #position({ topic, partition }: TopicPartition): Position {
    const key = topicPartitionKey(topic, partition);
    const position = this.#positions.get(key);
    if (position === undefined) throw new LogError('LOG_FENCED', `This reader does not have ${key} assigned`);
    return position;
  }

  async close(): Promise<void> {
    this.#closed = true;
    this.#positions.clear();
    this.#signal.notify();
  }
}
