import type {
  GroupMember,
  GroupOptions,
  LogAdmin,
  LogCapabilities,
  LogClient,
  LogProducer,
  LogReader,
  LogProducerOptions,
  ReaderPosition,
  RecordList,
} from '@millrace/log-client';
import { LogError } from '@millrace/log-client';
import { WrittenRecords } from '@millrace/kafka-protocol';
import { KafkaAdmin } from './admin.ts';
import { Cluster } from './cluster/cluster.ts';
import { KafkaMember } from './group/kafka-member.ts';
import { type KafkaLogOptions, type ResolvedKafkaOptions, resolveKafkaOptions } from './options.ts';
import { KafkaProducer } from './producer/kafka-producer.ts';
import { KafkaReader } from './reader/kafka-reader.ts';

/** An Apache Kafka cluster as the log of an app. */
export class KafkaLog implements LogClient {
  readonly capabilities: LogCapabilities = {
    deletesByAge: true,
    isDurable: true,
    commitPauseMs: 20,
  };
  readonly admin: LogAdmin;
  readonly #options: ResolvedKafkaOptions;
  /**
   * Shared by admin calls and producers; what waits for records or for a group has connections of its own.
   */
  readonly #cluster: Cluster;
  readonly #open = new Set<{ close(): Promise<void> }>();
  #closed = false;

  constructor(options: KafkaLogOptions) {
    this.#options = resolveKafkaOptions(options);
    this.#cluster = new Cluster(this.#options);
    this.admin = new KafkaAdmin(this.#cluster);
  }

  async producer(options: LogProducerOptions = {}): Promise<LogProducer> {
    return this.#track(await KafkaProducer.open(this.#cluster, options));
  }

  recordList(expectedBytes?: number): RecordList {
    const limits = { records: Number.POSITIVE_INFINITY, bytes: this.#options.maxBatchBytes };
    return new WrittenRecords(limits, expectedBytes);
  }

  async reader(positions: readonly ReaderPosition[]): Promise<LogReader> {
    const reader = this.#track(new KafkaReader(new Cluster(this.#options)));
    for (const position of positions) reader.add(position, { paused: false });
    return reader;
  }

  async join(options: GroupOptions): Promise<GroupMember> {
    return this.#track(new KafkaMember(options, this.#options, this.#cluster));
  }

  #track<T extends { close(): Promise<void> }>(one: T): T {
    if (this.#closed) throw new LogError('LOG_CLOSED', 'This client of the log is closed');
    this.#open.add(one);
    const close = one.close.bind(one);
    one.close = () => {
      this.#open.delete(one);
      return close();
    };
    return one;
  }

  async close(): Promise<void> {
    this.#closed = true;
    await Promise.allSettled([...this.#open].map((one) => one.close()));
    this.#cluster.close();
  }
}

/**
 * A client of a Kafka cluster (3.1 or later, KRaft). Nothing is connected before it is used. @throws LogError
 * `LOG_CONFIG`
 */
export function kafkaLog(options: KafkaLogOptions): KafkaLog {
  return new KafkaLog(options);
}
