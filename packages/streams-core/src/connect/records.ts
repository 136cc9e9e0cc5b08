import {
  type Headers,
  type LogClient,
  type ReaderPosition,
  type RecordBatch,
  type TopicPartition,
} from '@millrace/log-client';
import { StreamsError } from '../errors.ts';
import type { Topic } from '../serde/topic.ts';

/** A record of a topic, with its key and value as its serdes read them. */
export interface TopicRecord<K, V> {
  readonly topic: string;
  readonly partition: number;
  readonly offset: number;
  /** In milliseconds since the epoch. */
  readonly timestamp: number;
  readonly key: K | null;
  /** Null where the record deletes a row. */
  readonly value: V | null;
  readonly headers: Headers;
}

export interface RecordsOptions {
  /**
   * Where to begin in each partition: at its first record, after its last, at an offset, or at the first
   * record of a time or later. Default `earliest`.
   */
  readonly from?: 'earliest' | 'latest' | { readonly offset: number } | { readonly timestamp: number | Date };
  /** Only these partitions. Default: all. */
  readonly partitions?: readonly number[];
  /** Waits for further records, for ever, instead of ending after those that are there now. */
  readonly follow?: boolean;
  /** Ends after so many records. */
  readonly limit?: number;
  /** Ends the iteration by throwing the signal's reason. */
  readonly signal?: AbortSignal;
}

const pollMs = 100;
const pollRecords = 500;

/**
 * The committed records of a topic, outside any group: within a partition in their order. It reads no faster
 * than its records are taken; leaving the loop closes it.
 * @throws StreamsError `TOPOLOGY_TOPIC_MISSING`, `RECORD_DESERIALIZATION`
 */
export async function* records<K, V>(
  log: LogClient,
  topic: Topic<K, V>,
  options: RecordsOptions = {},
): AsyncGenerator<TopicRecord<K, V>, void, void> {
  const { follow = false, limit = Number.POSITIVE_INFINITY, signal } = options;
  signal?.throwIfAborted();
  const { positions, ends } = await placesToRead(log, topic.name, options);
  const reader = await log.reader(positions);
  const unread = follow ? undefined : new Unread(positions, ends);
  try {
    for (let left = limit; left > 0 && unread?.isEmpty !== true; ) {
      const batches = await abortable(reader.poll({ maxWaitMs: pollMs, maxRecords: pollRecords }), signal);
      for (const batch of batches) {
        const end = unread?.endOf(batch) ?? Number.POSITIVE_INFINITY;
        for (const record of readable(topic, batch)) {
          if (record.offset >= end || left === 0) break;
          left--;
          yield record;
          signal?.throwIfAborted();
        }
        unread?.read(batch);
      }
    }
  } finally {
    await reader.close();
  }
}

/** What has to be read before the end, by partition. */
class Unread {
  readonly #ends = new Map<number, number>();

  constructor(positions: readonly ReaderPosition[], ends: readonly number[]) {
    for (const [index, { partition, offset }] of positions.entries())
      if (offset < ends[index]!) this.#ends.set(partition, ends[index]!);
  }

  get isEmpty(): boolean {
    return this.#ends.size === 0;
  }

  /** Records from here on were not there when the reading began. */
  endOf({ partition }: TopicPartition): number {
    return this.#ends.get(partition) ?? 0;
  }

  read({ partition, nextOffset }: RecordBatch): void {
    if (nextOffset >= this.endOf({ topic: '', partition })) this.#ends.delete(partition);
  }
}

async function placesToRead(
  log: LogClient,
  topic: string,
  { from = 'earliest', partitions }: RecordsOptions,
): Promise<{ readonly positions: ReaderPosition[]; readonly ends: number[] }> {
  const info = (await log.admin.topics([topic])).get(topic);
  if (info === undefined) {
    throw new StreamsError(
      'TOPOLOGY_TOPIC_MISSING',
      `records: the topic "${topic}" does not exist: create it first, e.g. with createTopics(log, [topic])`,
    );
  }
  const wanted = (partitions ?? Array.from({ length: info.partitions }, (_, n) => n)).map((partition) => ({
    topic,
    partition,
  }));
  const ranges = await log.admin.offsets(wanted, { awaitTransactions: true });
  const found =
    typeof from === 'object' && 'timestamp' in from
      ? await log.admin.offsetsForTimes(
          wanted.map((partition) => ({ ...partition, timestamp: Number(from.timestamp) })),
        )
      : [];
  const positions = wanted.map((partition, index) => {
    const { start, end } = ranges[index]!;
    if (from === 'earliest') return { ...partition, offset: start };
    if (from === 'latest') return { ...partition, offset: end };
    if ('offset' in from) return { ...partition, offset: Math.max(from.offset, start) };
    return { ...partition, offset: found[index]?.offset ?? end };
  });
  return { positions, ends: ranges.map(({ end }) => end) };
}

function* readable<K, V>(
  topic: Topic<K, V>,
  { partition, records: batch }: RecordBatch,
): Generator<TopicRecord<K, V>> {
  for (const { key, value, timestamp, headers, offset } of batch) {
    const read = <T>(side: string, bytes: Uint8Array | null, deserialize: (bytes: Uint8Array) => T) => {
      try {
        return bytes === null ? null : deserialize(bytes);
      } catch (cause) {
        const reason = cause instanceof Error ? cause.message : String(cause);
        throw new StreamsError(
          'RECORD_DESERIALIZATION',
          `records: the ${side} serde cannot read the ${side} of ${topic.name}-${partition} @ ${offset}: ${reason}. Give the topic the serde that it was written with, or go on behind it with { from: { offset: ${offset + 1} } }`,
          { cause },
        );
      }
    };
    yield {
      topic: topic.name,
      partition,
      offset,
      timestamp,
      key: read('key', key, (bytes) => topic.key.deserialize(bytes)),
      value: read('value', value, (bytes) => topic.value.deserialize(bytes)),
      headers,
    };
  }
}

/** Rejects with the signal's reason once that comes, whatever becomes of the promise. */
function abortable<T>(promise: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (signal === undefined) return promise;
  signal.throwIfAborted();
  return new Promise((resolve, reject) => {
    const abort = (): void => reject(signal.reason as Error);
    signal.addEventListener('abort', abort, { once: true });
    promise.then(resolve, reject).finally(() => signal.removeEventListener('abort', abort));
  });
}
