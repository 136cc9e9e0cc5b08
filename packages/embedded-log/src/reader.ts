import {
  LogError,
  type LogReader,
  type PollOptions,
  type ReaderPosition,
  type RecordBatch,
  type TopicPartition,
  topicPartitionKey,
} from '@millrace/log-client';
import type { ReadLimits } from './storage/segments/read-runs.ts';
import type { AppendListener, PartitionLog } from './storage/partition-log.ts';

interface Position {
  readonly log: PartitionLog;
  offset: number;
  paused: boolean;
}

export interface EmbeddedReaderOptions {
  readonly find: (topic: string, partition: number) => PartitionLog;
  readonly isLogClosed: () => boolean;
  readonly onClose: (reader: EmbeddedReader) => void;
}

/**
 * So many records of a partition come at once where it has them: a few of each of many would cost a read
 * and, later, a batch of results each.
 */
const fewestRecords = 1000;

/** Reads partitions of an embedded log in turn, each from its own position. */
export class EmbeddedReader implements LogReader, AppendListener {
  readonly #options: EmbeddedReaderOptions;
  /** In the order of their turns. */
  readonly #positions = new Map<string, Position>();
  /** Ends the wait of a poll. */
  #wake: (() => void) | undefined;
  #closed = false;

  constructor(options: EmbeddedReaderOptions) {
    this.#options = options;
  }

  /** There may be something to read, or to find out. */
  onAppend(): void {
    this.#wake?.();
  }

  add({ topic, partition, offset }: ReaderPosition, { paused }: { readonly paused: boolean }): void {
    const log = this.#options.find(topic, partition);
    this.remove({ topic, partition });
    this.#positions.set(topicPartitionKey(topic, partition), { log, offset, paused });
    log.listeners.add(this);
  }

  remove({ topic, partition }: TopicPartition): void {
    const key = topicPartitionKey(topic, partition);
    this.#positions.get(key)?.log.listeners.delete(this);
    this.#positions.delete(key);
  }

  partitions(): TopicPartition[] {
    return [...this.#positions.values()].map(({ log: { topic, partition } }) => ({ topic, partition }));
  }

  async poll({
    maxWaitMs,
    maxRecords,
    maxBytes = Number.POSITIVE_INFINITY,
  }: PollOptions): Promise<RecordBatch[]> {
    const limits = { maxRecords, maxBytes };
    const batches = await this.#collect(limits);
    if (batches.length > 0 || maxWaitMs <= 0) return batches;
    // Since they were looked for something may have come, or ended.
    if (this.#ready().length === 0 && !this.#isClosed) await this.#wait(maxWaitMs);
    return this.#collect(limits);
  }

  #wait(ms: number): Promise<void> {
    return new Promise((resolve) => {
      const wake = (): void => {
        clearTimeout(timer);
        this.#wake = undefined;
        resolve();
      };
      const timer = setTimeout(wake, ms);
      this.#wake = wake;
    });
  }

  async #collect({ maxRecords, maxBytes }: ReadLimits): Promise<RecordBatch[]> {
    if (this.#closed) throw new LogError('LOG_CLOSED', 'This reader of the log is closed');
    if (this.#options.isLogClosed())
      throw new LogError('LOG_CLOSED', 'The log that this reader reads was closed');
    for (const { log } of this.#positions.values()) log.assertExists();
    const ready = this.#ready();
    const partitions = Math.max(1, ready.length);
    const share = {
      maxRecords: Math.min(maxRecords, Math.max(fewestRecords, Math.ceil(maxRecords / partitions))),
      maxBytes: Math.max(1, maxBytes / partitions),
    };
    const batches: RecordBatch[] = [];
    let taken = 0;
    for (const position of ready) {
      const { offset } = position;
      const found = position.log.read(offset, share);
      const { records, nextOffset } = found instanceof Promise ? await found : found;
      // A seek or a revocation while the file was being read: what was read is of no use any more.
      if (nextOffset === offset || position.offset !== offset || !this.#has(position)) continue;
      position.offset = nextOffset;
      const { topic, partition } = position.log;
      batches.push({ topic, partition, records, nextOffset });
      taken += records.length;
      if (taken >= maxRecords) break;
    }
    // Batches come whole: where there was enough before all had their turn, the others are first next time.
    if (batches.length < ready.length) for (const batch of batches) this.#moveLast(batch);
    return batches;
  }

  #moveLast({ topic, partition }: TopicPartition): void {
    const key = topicPartitionKey(topic, partition);
    const position = this.#positions.get(key);
    if (position === undefined) return;
    this.#positions.delete(key);
    this.#positions.set(key, position);
  }

  /** What has records to be read. */
  #ready(): Position[] {
    return [...this.#positions.values()].filter(
      ({ log, offset, paused }) => !paused && (offset < log.stableEnd || offset > log.end),
    );
  }

  get #isClosed(): boolean {
    return this.#closed || this.#options.isLogClosed();
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
    return log.stableEnd - offset;
  }

  #position({ topic, partition }: TopicPartition): Position {
    const key = topicPartitionKey(topic, partition);
    const position = this.#positions.get(key);
    if (position === undefined) throw new LogError('LOG_FENCED', `This reader does not have ${key} assigned`);
    return position;
  }

  async close(): Promise<void> {
    this.#closed = true;
    for (const { log } of this.#positions.values()) log.listeners.delete(this);
    this.#positions.clear();
    this.#options.onClose(this);
    this.#wake?.();
  }
}
