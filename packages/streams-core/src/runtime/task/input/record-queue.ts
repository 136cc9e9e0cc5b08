import type { LogRecord } from '@millrace/log-client';
import type { Forward, StreamRecord } from '../../../record/record.ts';

/** Reads a record of the log; undefined for one that is left out. */
export type Deserialize = (
  record: LogRecord,
  partitionTime: number,
) => StreamRecord<unknown, unknown> | undefined;

export interface RecordQueueOptions {
  readonly topic: string;
  /** The id that the log gave the topic. */
  readonly topicId: string;
  readonly partition: number;
  /** The offset of the first record to come. */
  readonly position: number;
  readonly deserialize: Deserialize;
  readonly entry: Forward;
}

/**
 * The records of one input partition that are waiting. Only the first is read: it alone competes for the next
 * turn, and what is never reached costs nothing.
 */
export class RecordQueue {
  readonly topic: string;
  readonly topicId: string;
  readonly partition: number;
  /** Where its records go. */
  readonly entry: Forward;
  readonly #deserialize: Deserialize;
  #batches: (readonly LogRecord[])[] = [];
  #at = 0;
  size = 0;
  head: StreamRecord<unknown, unknown> | undefined;
  /** The first record as the log has it. */
  raw: LogRecord | undefined;
  headTimestamp = Number.POSITIVE_INFINITY;
  headOffset = -1;
  /** The offset after the last record that was taken, left out or skipped over; what a commit says. */
  position: number;
  /** The largest timestamp taken from this partition; -1 before the first. */
  partitionTime = -1;
  /** The log's next offset after all that was pushed: past markers and gaps without records. */
  #fetchedTo: number;
  /** Nothing more could be fetched when this was last looked at. */
  drained = false;

  constructor({ topic, topicId, partition, position, deserialize, entry }: RecordQueueOptions) {
    this.topic = topic;
    this.topicId = topicId;
    this.partition = partition;
    this.position = position;
    this.#fetchedTo = position;
    this.#deserialize = deserialize;
    this.entry = entry;
  }

  /**
   * Adds records; `nextOffset` is the log's next offset after them. Returns whether there was nothing but a
   * gap to pass.
   */
  push(records: readonly LogRecord[], nextOffset?: number): boolean {
    if (nextOffset !== undefined) this.#fetchedTo = nextOffset;
    if (records.length === 0) {
      if (this.head !== undefined || this.#fetchedTo <= this.position) return false;
      this.position = this.#fetchedTo;
      return true;
    }
    this.#batches.push(records);
    this.size += records.length;
    this.drained = false;
    if (this.head === undefined) this.#advance();
    return false;
  }

  /** Takes the first record; the next one steps up. */
  take(): void {
    if (this.headTimestamp > this.partitionTime) this.partitionTime = this.headTimestamp;
    this.position = this.headOffset + 1;
    this.#advance();
  }

  #advance(): void {
    this.head = undefined;
    this.headTimestamp = Number.POSITIVE_INFINITY;
    while (this.size > 0) {
      const batch = this.#batches[0]!;
      const record = batch[this.#at]!;
      this.size--;
      if (++this.#at === batch.length) {
        this.#batches.shift();
        this.#at = 0;
      }
      const head = this.#deserialize(record, this.partitionTime);
      if (head !== undefined) {
        this.head = head;
        this.raw = record;
        this.headTimestamp = head.timestamp;
        this.headOffset = record.offset;
        return;
      }
      // Left out for good: a commit may step over it.
      this.position = record.offset + 1;
    }
    if (this.#fetchedTo > this.position) this.position = this.#fetchedTo;
  }

  /** How many records wait, the first included. */
  get waiting(): number {
    return this.head === undefined ? 0 : this.size + 1;
  }
}
