import { isLogError, type LogClient, LogError, type LogProducer } from '@millrace/log-client';
import { StreamsError } from '../errors.ts';
import type { Topic } from '../serde/topic.ts';
import {
  byPartition,
  type PlacedRecord,
  placesOf,
  type RecordPlace,
  RecordPlacer,
  type SourceRecord,
} from './write-records.ts';

export interface ProducerOptions {
  /**
   * Records that may wait for their acknowledgement; `send` refuses more, and `sendAll` waits. Default
   * 10,000.
   */
  readonly maxPending?: number;
  /** Whether serdes check what they write, where they can: `json` by its schema. Default true. */
  readonly validate?: boolean;
}

export type SendOptions = Pick<SourceRecord<never, never>, 'timestamp' | 'headers'>;

/** Writes to one topic. Records that wait together are written together. */
export interface TopicProducer<K, V> extends AsyncDisposable {
  /**
   * Resolves once the record is as durable as the log makes it. Records of one key keep the order of the
   * calls. @throws StreamsError `SOURCE_OVERFLOW` where too many wait, `RECORD_PRODUCTION` for what the serde
   * refuses; LogError
   */
  send(key: K | null, value: V | null, options?: SendOptions): Promise<RecordPlace>;
  /**
   * Writes all, never more at a time than may wait; resolves to how many, once all are acknowledged. A
   * failure ends it: earlier records may have been written.
   */
  sendAll(records: Iterable<SourceRecord<K, V>> | AsyncIterable<SourceRecord<K, V>>): Promise<number>;
  /** Resolves when everything sent so far is acknowledged or has failed. */
  close(): Promise<void>;
}

/** A producer for a topic that exists. @throws StreamsError `TOPOLOGY_TOPIC_MISSING` */
export async function producer<K, V>(
  log: LogClient,
  topic: Topic<K, V>,
  options: ProducerOptions = {},
): Promise<TopicProducer<K, V>> {
  const placer = new RecordPlacer({ validates: options.validate ?? true });
  await placer.learn(log, [topic.name], 'producer');
  return new BatchingProducer(topic, await log.producer(), { placer, ...options });
}

interface Waiting {
  readonly placed: PlacedRecord;
  readonly resolve: (place: RecordPlace) => void;
  readonly reject: (error: unknown) => void;
}

class BatchingProducer<K, V> implements TopicProducer<K, V> {
  readonly #topic: Topic<K, V>;
  readonly #producer: LogProducer;
  readonly #placer: RecordPlacer;
  readonly #maxPending: number;
  #waiting: Waiting[] = [];
  /** Handed to the log and not acknowledged. */
  #underWay = 0;
  #writing: Promise<void> | undefined;
  #isClosed = false;

  constructor(
    topic: Topic<K, V>,
    log: LogProducer,
    { placer, maxPending = 10_000 }: ProducerOptions & { readonly placer: RecordPlacer },
  ) {
    this.#topic = topic;
    this.#producer = log;
    this.#placer = placer;
    this.#maxPending = maxPending;
  }

  send(key: K | null, value: V | null, options: SendOptions = {}): Promise<RecordPlace> {
    return this.#send({ key, value, ...options });
  }

  #send(record: SourceRecord<K, V>): Promise<RecordPlace> {
    return new Promise((resolve, reject) => {
      if (this.#isClosed)
        throw new LogError('LOG_CLOSED', `producer("${this.#topic.name}") was closed: make another one`);
      if (this.#pending >= this.#maxPending) {
        throw new StreamsError(
          'SOURCE_OVERFLOW',
          `producer("${this.#topic.name}"): ${this.#maxPending} records wait to be acknowledged: await send(), use sendAll(), or raise maxPending`,
        );
      }
      this.#waiting.push({ placed: this.#placer.place(this.#topic, record), resolve, reject });
      // Not at once: what the same turn of the event loop sends goes along.
      this.#writing ??= Promise.resolve().then(() => this.#writeAll());
    });
  }

  get #pending(): number {
    return this.#waiting.length + this.#underWay;
  }

  async #writeAll(): Promise<void> {
    while (this.#waiting.length > 0) {
      const batch = this.#waiting;
      this.#waiting = [];
      this.#underWay = batch.length;
      await this.#write(batch);
      this.#underWay = 0;
    }
    this.#writing = undefined;
  }

  /** A record that the log refuses fails alone; the rest is written without it. */
  async #write(batch: readonly Waiting[]): Promise<void> {
    let left = batch;
    while (left.length > 0) {
      const placed = left.map((one) => one.placed);
      const records = byPartition(placed);
      try {
        const places = placesOf(placed, records, await this.#producer.send(records));
        for (const [index, { resolve }] of left.entries()) resolve(places[index]!);
        return;
      } catch (error) {
        const refused = isLogError(error) ? error.rejected : undefined;
        const record = refused && records[refused.entry]?.records[refused.index];
        const failed = left.filter((one) => record === undefined || one.placed.record === record);
        for (const { reject } of failed) reject(error);
        left = left.filter((one) => !failed.includes(one));
      }
    }
  }

  async sendAll(records: Iterable<SourceRecord<K, V>> | AsyncIterable<SourceRecord<K, V>>): Promise<number> {
    let count = 0;
    let failure: { readonly error: unknown } | undefined;
    for await (const record of records) {
      while (this.#pending >= this.#maxPending && this.#writing !== undefined) await this.#writing;
      if (failure !== undefined) break;
      this.#send(record).catch((error: unknown) => {
        failure ??= { error };
      });
      count++;
    }
    await this.#writing;
    if (failure !== undefined) throw (failure as { readonly error: unknown }).error;
    return count;
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    await this.#writing;
    await this.#producer.close();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }
}
