import {
  type Headers,
  type LogClient,
  type LogTransaction,
  noHeaders,
  partitionForKey,
  type PartitionRecords,
  type ProducerRecord,
  type Serde,
  topicPartitionKey,
} from '@millrace/log-client';
import { StreamsError } from '../errors.ts';
import type { Topic } from '../serde/topic.ts';

/** A record to be written. */
export interface SourceRecord<K, V> {
  readonly key: K | null;
  readonly value: V | null;
  /** In milliseconds. Default: what the topic's `timestamp` says of the value, else now. */
  readonly timestamp?: number;
  readonly headers?: Headers;
}

/** Where a record went. */
export interface RecordPlace {
  readonly topic: string;
  readonly partition: number;
  readonly offset: number;
}

/** A record in the log's terms, with its partition. */
export interface PlacedRecord {
  readonly topic: string;
  readonly partition: number;
  readonly record: ProducerRecord;
}

/** Chooses partitions: by the key's hash, as Kafka does; records without a key take turns. */
export class RecordPlacer {
  readonly #partitions = new Map<string, number>();
  readonly #validates: boolean;
  #turn = 0;

  /** @param validates whether serdes check what they write, where they can */
  constructor({ validates }: { readonly validates: boolean }) {
    this.#validates = validates;
  }

  /** Learns how many partitions topics have. @throws StreamsError `TOPOLOGY_TOPIC_MISSING` */
  async learn(log: LogClient, topics: readonly string[], who: string): Promise<void> {
    const unknown = topics.filter((name) => !this.#partitions.has(name));
    if (unknown.length === 0) return;
    const found = await log.admin.topics(unknown);
    for (const name of unknown) {
      const info = found.get(name);
      if (info === undefined) {
        throw new StreamsError(
          'TOPOLOGY_TOPIC_MISSING',
          `${who}: the topic "${name}" does not exist: create it first, e.g. with createTopics(log, [topic])`,
        );
      }
      this.#partitions.set(name, info.partitions);
    }
  }

  /** @throws StreamsError `RECORD_PRODUCTION` for a key or value that its serde refuses */
  place<K, V>(topic: Topic<K, V>, record: SourceRecord<K, V>): PlacedRecord {
    const partitions = this.#partitions.get(topic.name)!;
    const made = serialized(topic, record, this.#validates);
    const partition =
      made.key === null ? this.#turn++ % partitions : partitionForKey(made.key as Uint8Array, partitions);
    return { topic: topic.name, partition, record: made };
  }
}

/** Records as they were placed, for one partition. */
interface PlacedRecords extends PartitionRecords {
  readonly records: ProducerRecord[];
}

/** Records by partition, each partition's in their order. */
export function byPartition(placed: readonly PlacedRecord[]): PlacedRecords[] {
  const found = new Map<string, PlacedRecords>();
  for (const { topic, partition, record } of placed) {
    const id = topicPartitionKey(topic, partition);
    const entry = found.get(id);
    if (entry === undefined) found.set(id, { topic, partition, records: [record] });
    else entry.records.push(record);
  }
  return [...found.values()];
}

/** Where each record went, in the order in which they were placed. */
export function placesOf(
  placed: readonly PlacedRecord[],
  written: LogTransaction['records'],
  firstOffsets: readonly number[],
): RecordPlace[] {
  const next = new Map(
    written.map(({ topic, partition }, index) => [topicPartitionKey(topic, partition), firstOffsets[index]!]),
  );
  return placed.map(({ topic, partition }) => {
    const id = topicPartitionKey(topic, partition);
    const offset = next.get(id)!;
    next.set(id, offset + 1);
    return { topic, partition, offset };
  });
}

function serialized<K, V>(
  topic: Topic<K, V>,
  { key, value, timestamp, headers = noHeaders }: SourceRecord<K, V>,
  validates: boolean,
): ProducerRecord {
  const bytesOf = (side: 'key' | 'value', given: K | V | null): Uint8Array | null =>
    given === null ? null : serializedBy(topic, side, given, validates);
  const time = timestamp ?? (value === null ? undefined : topic.timestamp?.(value)) ?? Date.now();
  return {
    key: bytesOf('key', key),
    value: bytesOf('value', value),
    timestamp: time,
    headers,
  };
}

function serializedBy<K, V>(
  topic: Topic<K, V>,
  side: 'key' | 'value',
  given: K | V,
  validates: boolean,
): Uint8Array {
  const serde = topic[side] as Serde<K | V>;
  try {
    if (validates) serde.check?.(given);
    return serde.serialize(given);
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new StreamsError(
      'RECORD_PRODUCTION',
      `The ${side} serde of topic "${topic.name}" refuses a ${side}: ${reason}`,
      { cause },
    );
  }
}
