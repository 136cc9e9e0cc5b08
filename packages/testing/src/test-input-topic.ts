import { type Headers, invalidTimestamp, type LogRecord, noHeaders } from '@millrace/log-client';
import type { Topic } from '@millrace/streams-core';

export interface TestInputOptions {
  /** The timestamp of the first record, in milliseconds. Default: the driver's wall clock. */
  readonly startTimestampMs?: number;
  /** How much later each record is than the one before. Default 0. */
  readonly autoAdvanceMs?: number;
}

export interface PipeOptions {
  /** In milliseconds. Default: the topic's own time, which then advances. */
  readonly timestamp?: number;
  readonly headers?: Headers;
}

/** A record to be piped. */
export interface TestRecord<K, V> extends PipeOptions {
  readonly key: K | null;
  readonly value: V | null;
}

/**
 * Writes records to an input topic of the topology under test. Each one is worked off and committed at once.
 */
export class TestInputTopic<K, V> {
  readonly #topic: Topic<K, V>;
  readonly #pipe: (topic: string, record: Omit<LogRecord, 'offset'>) => void;
  readonly #autoAdvanceMs: number;
  #nextTimestamp: number;

  /** @internal */
  constructor(
    topic: Topic<K, V>,
    options: Required<TestInputOptions>,
    pipe: (topic: string, record: Omit<LogRecord, 'offset'>) => void,
  ) {
    this.#topic = topic;
    this.#pipe = (name, record) => {
      if (!Number.isSafeInteger(record.timestamp)) {
        throw invalidTimestamp(record.timestamp, { topic: name, partition: 0, entry: 0, index: 0 });
      }
      pipe(name, record);
    };
    this.#autoAdvanceMs = options.autoAdvanceMs;
    this.#nextTimestamp = options.startTimestampMs;
  }

  /** Pipes one record. A null value is a tombstone. */
  pipeInput(key: K | null, value: V | null, { timestamp, headers = noHeaders }: PipeOptions = {}): void {
    const time = timestamp ?? this.#nextTimestamp;
    if (timestamp === undefined) this.#nextTimestamp += this.#autoAdvanceMs;
    const { key: keySerde, value: valueSerde } = this.#topic;
    this.#pipe(this.#topic.name, {
      key: key === null ? null : keySerde.serialize(key),
      value: value === null ? null : valueSerde.serialize(value),
      timestamp: time,
      headers,
    });
  }

  /** Pipes bytes as they are: what a producer with another serde would write. */
  pipeBytes(
    key: Uint8Array | null,
    value: Uint8Array | null,
    { timestamp, headers = noHeaders }: PipeOptions = {},
  ): void {
    this.#pipe(this.#topic.name, { key, value, timestamp: timestamp ?? this.#nextTimestamp, headers });
  }

  /** Pipes a record as a test record: key, value, timestamp and headers in one. */
  pipeRecord({ key, value, ...options }: TestRecord<K, V>): void {
    this.pipeInput(key, value, options);
  }

  /** Pipes records one after the other. */
  pipeRecordList(records: readonly TestRecord<K, V>[]): void {
    for (const record of records) this.pipeRecord(record);
  }

  /** Pipes values without keys, one after the other. */
  pipeValueList(values: readonly (V | null)[], options: TestInputOptions = {}): void {
    this.pipeKeyValueList(
      values.map((value) => [null, value] as const),
      options,
    );
  }

  /** Pipes records one after the other, from the topic's own time or the one given. */
  pipeKeyValueList(
    records: readonly (readonly [key: K | null, value: V | null])[],
    { startTimestampMs, autoAdvanceMs = 0 }: TestInputOptions = {},
  ): void {
    for (const [index, [key, value]] of records.entries()) {
      const given =
        startTimestampMs === undefined ? {} : { timestamp: startTimestampMs + index * autoAdvanceMs };
      this.pipeInput(key, value, given);
    }
  }

  /** Moves the topic's own time forward. */
  advanceTime(ms: number): void {
    if (ms < 0) throw new RangeError(`advanceTime: time cannot go back, got ${ms}`);
    this.#nextTimestamp += ms;
  }
}
