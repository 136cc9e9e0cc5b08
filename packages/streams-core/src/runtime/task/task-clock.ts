import { type Headers, type LogRecord, noHeaders } from '@millrace/log-client';
import type { StreamRecord } from '../../record/record.ts';
import type { RecordOrigin } from '../../errors.ts';

/** The first record of an input, and where it came from. */
interface QueueHead {
  readonly topic: string;
  readonly partition: number;
  readonly headOffset: number;
  readonly raw: LogRecord | undefined;
}

/**
 * Where a task is: the record it is working on, and how far its times have got. Changed in place, for every
 * record.
 */
export class TaskClock {
  readonly partition: number;
  /** The largest timestamp taken up; -1 before the first. */
  streamTime = -1;
  /** The timestamp of the current record, or of the current punctuation. */
  timestamp = -1;
  topic: string | undefined;
  topicPartition = 0;
  offset = -1;
  /** The current record's headers, which carry its trace; none between records. */
  headers: Headers = noHeaders;
  /** The current record as the log has it; undefined between records. */
  raw: LogRecord | undefined;

  /** What stores write rows with. */
  readonly current = { timestamp: () => this.timestamp, headers: () => this.headers };

  constructor(partition: number) {
    this.partition = partition;
  }

  /** At the head of a queue from now on. Returns whether that moves stream time on. */
  enter(queue: QueueHead, { timestamp, headers }: StreamRecord<unknown, unknown>): boolean {
    this.topic = queue.topic;
    this.topicPartition = queue.partition;
    this.offset = queue.headOffset;
    this.raw = queue.raw;
    this.timestamp = timestamp;
    this.headers = headers;
    if (timestamp <= this.streamTime) return false;
    this.streamTime = timestamp;
    return true;
  }

  /** Between records from now on. */
  leave(): void {
    this.topic = undefined;
    this.raw = undefined;
    this.headers = noHeaders;
  }

  /** Where the current record came from; undefined between records. */
  get origin(): RecordOrigin | undefined {
    if (this.topic === undefined) return undefined;
    return { topic: this.topic, partition: this.topicPartition, offset: this.offset };
  }
}
