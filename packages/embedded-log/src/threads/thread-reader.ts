import {
  batchIsIntact,
  batchSize,
  compressionOf,
  loadCodec,
  nextOffsetOf,
  readBatch,
} from '@millrace/kafka-protocol';
import {
  asBuffer,
  LogError,
  type LogReader,
  type LogRecord,
  type PollOptions,
  type ReaderPosition,
  type RecordBatch,
  type TopicPartition,
  topicPartitionKey,
} from '@millrace/log-client';
import { maxDecompressedBytes } from '../storage/segments/read-runs.ts';
import type { ReadAnswer, ReadPartition, ReadPosition, ReadRequest } from './messages.ts';
import type { Peer } from './peer.ts';

/** About how much one request asks for, and how much is kept ahead of what was polled. In bytes. */
const fetchBytes = 1 << 20;
/** How long a request waits where there is nothing to read, in milliseconds. */
const fetchWaitMs = 500;

/** Batches that were fetched and not polled yet. */
interface Ahead {
  readonly bytes: Buffer;
  /** Where the next batch begins. */
  at: number;
  /** The offset after all of them. */
  readonly nextOffset: number;
}

interface Position extends TopicPartition {
  /** Of the next record to hand out. */
  offset: number;
  paused: boolean;
  ahead: Ahead[];
  /** Of the next record to fetch. */
  fetched: number;
  end: number | undefined;
}

interface Request {
  readonly positions: ReadonlyMap<string, ReadPosition>;
  readonly done: Promise<void>;
  error: unknown;
}

/** Reads partitions of a log that another thread owns; one request is under way while records are polled. */
export class ThreadReader implements LogReader {
  readonly #id: number;
  readonly #peer: Peer;
  /** In the order of their turns. */
  readonly #positions = new Map<string, Position>();
  #request: Request | undefined;
  /** Ends the wait of a poll. */
  #wake: (() => void) | undefined;
  #closed = false;

  constructor(id: number, peer: Peer) {
    this.#id = id;
    this.#peer = peer;
  }

  add({ topic, partition, offset }: ReaderPosition, { paused }: { readonly paused: boolean }): void {
    const position = { topic, partition, offset, paused, ahead: [], fetched: offset, end: undefined };
    this.#positions.set(topicPartitionKey(topic, partition), position);
  }

  remove({ topic, partition }: TopicPartition): void {
    this.#positions.delete(topicPartitionKey(topic, partition));
  }

  partitions(): TopicPartition[] {
    return [...this.#positions.values()].map(({ topic, partition }) => ({ topic, partition }));
  }

  /** Ends the wait of a poll: there is something else to do. */
  wake(): void {
    this.#wake?.();
  }

  async poll({ maxWaitMs, ...limits }: PollOptions): Promise<RecordBatch[]> {
    this.#assertOpen();
    let batches = this.#take(limits);
    if (batches.length === 0) {
      await this.#fill(Math.max(0, maxWaitMs));
      this.#assertOpen();
      batches = this.#take(limits);
    }
    if (this.#request === undefined && this.#hungry().length > 0) this.#start(fetchWaitMs);
    return batches;
  }

  #assertOpen(): void {
    if (this.#closed) throw new LogError('LOG_CLOSED', 'This reader of the log is closed');
  }

  /** Waits until there is something to take, or the time is up. @throws LogError */
  async #fill(maxWaitMs: number): Promise<void> {
    const deadline = performance.now() + maxWaitMs;
    for (;;) {
      const leftMs = Math.max(0, deadline - performance.now());
      const request = this.#request ?? this.#start(Math.min(leftMs, fetchWaitMs));
      const isComplete = this.#covers(request);
      // It answers with what is there.
      if (!isComplete || leftMs === 0) this.#peer.note('interrupt', this.#id);
      const wasWoken = await this.#wait(request, isComplete && leftMs > 0 ? leftMs : undefined);
      if (request.error !== undefined) throw request.error;
      const isOver = wasWoken || this.#closed || this.#isReady || performance.now() >= deadline;
      if (isOver && isComplete) return;
    }
  }

  /** Resolves to whether it was woken before the request was answered, or the time was up. */
  #wait({ done }: Request, ms: number | undefined): Promise<boolean> {
    return new Promise((resolve) => {
      const end = (wasWoken: boolean) => (): void => {
        clearTimeout(timer);
        this.#wake = undefined;
        resolve(wasWoken);
      };
      const timer = ms === undefined ? undefined : setTimeout(end(false), ms);
      this.#wake = end(true);
      done.then(end(false), end(false));
    });
  }

  get #isReady(): boolean {
    return [...this.#positions.values()].some(({ paused, ahead }) => !paused && ahead.length > 0);
  }

  /** Whether a request asks for all that there is nothing ahead of. */
  #covers({ positions }: Request): boolean {
    for (const [key, { paused, ahead, fetched }] of this.#positions) {
      if (!paused && ahead.length === 0 && positions.get(key)?.offset !== fetched) return false;
    }
    return true;
  }

  /** What has little ahead. */
  #hungry(): Position[] {
    const share = fetchBytes / Math.max(1, this.#positions.size);
    return [...this.#positions.values()].filter(
      ({ paused, ahead }) =>
        !paused && ahead.reduce((sum, { bytes, at }) => sum + bytes.length - at, 0) < share / 2,
    );
  }

  #start(waitMs: number): Request {
    const positions = this.#hungry().map(({ topic, partition, fetched: offset }) => ({
      topic,
      partition,
      offset,
    }));
    const asked: ReadRequest = { reader: this.#id, positions, maxBytes: fetchBytes, waitMs };
    const request: Request = {
      positions: new Map(positions.map((one) => [topicPartitionKey(one.topic, one.partition), one])),
      done: this.#peer
        .call<ReadAnswer>('fetch', asked)
        .then((answer) => this.#receive(answer))
        .catch((error: unknown) => {
          request.error = error;
        })
        .finally(() => {
          this.#request = undefined;
        }),
      error: undefined,
    };
    this.#request = request;
    return request;
  }

  async #receive({ partitions, bytes }: ReadAnswer): Promise<void> {
    const buffer = asBuffer(bytes);
    for (const found of partitions) await loadCodecs(buffer, found);
    for (const { topic, partition, offset, nextOffset, end, from, to } of partitions) {
      const position = this.#positions.get(topicPartitionKey(topic, partition));
      // A seek or a revocation while it was under way: what was fetched is of no use any more.
      if (position === undefined || position.fetched !== offset) continue;
      position.end = end;
      if (nextOffset === offset) continue;
      position.ahead.push({ bytes: buffer.subarray(from, to), at: 0, nextOffset });
      position.fetched = nextOffset;
    }
  }

  #take({ maxRecords, maxBytes = Number.POSITIVE_INFINITY }: Omit<PollOptions, 'maxWaitMs'>): RecordBatch[] {
    const ready = [...this.#positions.values()].filter(({ paused, ahead }) => !paused && ahead.length > 0);
    const share = {
      maxRecords: Math.max(1, Math.ceil(maxRecords / Math.max(1, ready.length))),
      maxBytes: Math.max(1, maxBytes / Math.max(1, ready.length)),
    };
    const batches: RecordBatch[] = [];
    let taken = 0;
    for (const position of ready) {
      const records = takeFrom(position, share);
      const { topic, partition, offset: nextOffset } = position;
      batches.push({ topic, partition, records, nextOffset });
      taken += records.length;
      if (taken >= maxRecords) break;
    }
    // The others are first next time.
    if (batches.length < ready.length) for (const batch of batches) this.#moveLast(batch);
    return batches;
  }

  #moveLast({ topic, partition }: TopicPartition): void {
    const key = topicPartitionKey(topic, partition);
    const position = this.#positions.get(key)!;
    this.#positions.delete(key);
    this.#positions.set(key, position);
  }

  seek(partition: TopicPartition, offset: number): void {
    const position = this.#position(partition);
    position.offset = offset;
    position.fetched = offset;
    position.ahead = [];
  }

  pause(partition: TopicPartition): void {
    this.#position(partition).paused = true;
  }

  resume(partition: TopicPartition): void {
    this.#position(partition).paused = false;
  }

  /** By what the last answer said. */
  lag(partition: TopicPartition): number | undefined {
    const { end, offset } = this.#position(partition);
    return end === undefined ? undefined : Math.max(0, end - offset);
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
    this.#peer.note('interrupt', this.#id);
    this.#wake?.();
  }
}

async function loadCodecs(bytes: Buffer, { from, to }: ReadPartition): Promise<void> {
  for (let at = from; at < to; at += batchSize(bytes, at)) await loadCodec(compressionOf(bytes, at));
}

/** Unpacks whole batches up to about the limits. @throws LogError `LOG_CORRUPT` */
function takeFrom(
  position: Position,
  { maxRecords, maxBytes }: { readonly maxRecords: number; readonly maxBytes: number },
): LogRecord[] {
  const records: LogRecord[] = [];
  const wanted = { from: position.offset, into: records, maxDecompressedBytes };
  let bytesRead = 0;
  while (records.length < maxRecords && bytesRead < maxBytes) {
    const [first] = position.ahead;
    if (first === undefined) break;
    const { bytes, at } = first;
    if (at < bytes.length) {
      const size = batchSize(bytes, at);
      if (!batchIsIntact(bytes, at, size)) throw damaged(position);
      readBatch(bytes, at, size, wanted);
      bytesRead += size;
      first.at += size;
      position.offset = nextOffsetOf(bytes, at);
    }
    if (first.at < bytes.length) continue;
    position.offset = first.nextOffset;
    position.ahead.shift();
  }
  return records;
}

function damaged({ topic, partition, offset }: Position): LogError {
  return new LogError(
    'LOG_CORRUPT',
    `The batch at offset ${offset} of ${topicPartitionKey(topic, partition)} does not match its checksum: \`millrace log verify\` says what is damaged`,
  );
}
