import type { LogRecord } from '@millrace/log-client';
import type { StreamRecord, Topic } from '@millrace/streams-core';

/** Reads what the topology under test has written to a topic, record by record. */
export class TestOutputTopic<K, V> {
  readonly #topic: Topic<K, V>;
  readonly #queue: () => LogRecord[];
  readonly #onRead: (record: object, offset: number) => void;

  /** @internal */
  constructor(
    topic: Topic<K, V>,
    queue: () => LogRecord[],
    onRead: (record: object, offset: number) => void,
  ) {
    this.#topic = topic;
    this.#queue = queue;
    this.#onRead = onRead;
  }

  get queueSize(): number {
    return this.#queue().length;
  }

  get isEmpty(): boolean {
    return this.queueSize === 0;
  }

  /** Takes the next record. @throws Error when there is none */
  readRecord(): StreamRecord<K | null, V | null> {
    const record = this.#queue().shift();
    if (record === undefined)
      throw new Error(`There is no record left to read in topic "${this.#topic.name}"`);
    const { key, value, timestamp, headers, offset } = record;
    const read = {
      key: key === null ? null : this.#topic.key.deserialize(key),
      value: value === null ? null : this.#topic.value.deserialize(value),
      timestamp,
      headers,
    };
    this.#onRead(read, offset);
    return read;
  }

  readKeyValue(): readonly [K | null, V | null] {
    const { key, value } = this.readRecord();
    return [key, value];
  }

  readValue(): V | null {
    return this.readRecord().value;
  }

  /** Takes all records. */
  readRecordsToList(): StreamRecord<K | null, V | null>[] {
    const records: StreamRecord<K | null, V | null>[] = [];
    while (!this.isEmpty) records.push(this.readRecord());
    return records;
  }

  readKeyValuesToList(): (readonly [K | null, V | null])[] {
    return this.readRecordsToList().map(({ key, value }) => [key, value] as const);
  }

  readValuesToList(): (V | null)[] {
    return this.readRecordsToList().map(({ value }) => value);
  }

  /** Takes all records; the last value of each key. @throws Error for a record without a key */
  readKeyValuesToMap(): Map<K, V | null> {
    const map = new Map<K, V | null>();
    for (const { key, value } of this.readRecordsToList()) {
      if (key === null) throw new Error(`A record without a key in topic "${this.#topic.name}" fits no map`);
      map.set(key, value);
    }
    return map;
  }
}
