import type { LogRecord, RecordBatch, TopicPartition } from '@millrace/log-client';

/** What a fetch brought of a partition and has not been handed out yet. */
interface Fetched {
  readonly records: LogRecord[];
  /** How many of them have been handed out. */
  taken: number;
  readonly nextOffset: number;
}

/** How far a partition has been read, and what waits to be handed out. */
export class FetchPosition implements TopicPartition {
  readonly topic: string;
  readonly partition: number;
  /** Of the topic in which it stands, once that is known. */
  topicId: string | undefined;
  /** The next offset to hand out. */
  offset: number;
  paused: boolean;
  /** A fetch of it is under way. */
  fetching = false;
  /** Last stable offset at the last fetch. */
  lastStableOffset: number | undefined;
  /** Why it cannot be read on. */
  failure: Error | undefined;
  /** Counts seeks: what was fetched for another position is dropped. */
  version = 0;
  /** What is handed out at present, and what was fetched ahead of it. */
  #fetched: Fetched | undefined;
  #ahead: Fetched | undefined;

  constructor({ topic, partition }: TopicPartition, offset: number, paused: boolean) {
    this.topic = topic;
    this.partition = partition;
    this.offset = offset;
    this.paused = paused;
  }

  /** With half of what was fetched handed out, the next fetch runs beside the work on the other half. */
  get wantsRecords(): boolean {
    if (this.paused || this.fetching || this.failure !== undefined || this.#ahead !== undefined) return false;
    return this.#fetched === undefined || 2 * this.#fetched.taken >= this.#fetched.records.length;
  }

  get hasRecords(): boolean {
    return !this.paused && this.#fetched !== undefined;
  }

  /** The next offset to fetch. */
  get fetchOffset(): number {
    return this.#fetched?.nextOffset ?? this.offset;
  }

  /** Whether the last fetch reached the end of what was there. */
  get isAtEnd(): boolean {
    return this.lastStableOffset !== undefined && this.fetchOffset >= this.lastStableOffset;
  }

  seek(offset: number): void {
    this.offset = offset;
    this.lastStableOffset = undefined;
    this.failure = undefined;
    this.#fetched = undefined;
    this.#ahead = undefined;
    this.version++;
  }

  put(records: LogRecord[], nextOffset: number): void {
    if (nextOffset <= this.fetchOffset) return;
    const fetched = { records, taken: 0, nextOffset };
    if (this.#fetched === undefined) this.#fetched = fetched;
    else this.#ahead = fetched;
  }

  /** Hands out the next records, `share` at most; an empty batch where only markers or gaps were passed. */
  take(share: number, maxBytes: number): RecordBatch | undefined {
    const fetched = this.#fetched;
    if (fetched === undefined) return undefined;
    const { records, taken } = fetched;
    const count = Number.isFinite(maxBytes) ? countWithin(records, taken, share, maxBytes) : share;
    const whole = taken === 0 && records.length <= count;
    const part = whole ? records : records.slice(taken, taken + count);
    fetched.taken += part.length;
    if (fetched.taken < records.length) {
      this.offset = records[fetched.taken]!.offset;
    } else {
      this.offset = fetched.nextOffset;
      this.#fetched = this.#ahead;
      this.#ahead = undefined;
    }
    return { topic: this.topic, partition: this.partition, records: part, nextOffset: this.offset };
  }
}

/** How many records from one on, `share` at most, are within so many bytes; one at least. */
function countWithin(records: readonly LogRecord[], from: number, share: number, maxBytes: number): number {
  let bytes = 0;
  let index = from;
  for (; index < records.length && index - from < share; index++) {
    const { key, value } = records[index]!;
    bytes += (key?.length ?? 0) + (value?.length ?? 0);
    if (bytes > maxBytes) break;
  }
  return Math.max(1, index - from);
}
