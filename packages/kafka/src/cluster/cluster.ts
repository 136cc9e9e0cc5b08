import { errorCodes, errorName, findCoordinatorApi } from '@millrace/kafka-protocol/messages';
import { LogError, type TopicPartition } from '@millrace/log-client';
import { assertOk, ConnectionError, isConnectionError, KafkaError } from '../errors.ts';
import type { ResolvedKafkaOptions } from '../options.ts';
import { Broker } from './broker.ts';
import { askForMetadata, type Metadata, type TopicMetadata } from './metadata.ts';
import { retrying } from './retry.ts';

export const coordinatorTypes = { group: 0, transaction: 1 } as const;
export type CoordinatorType = keyof typeof coordinatorTypes;

const unknownTopic = errorCodes.UNKNOWN_TOPIC_OR_PARTITION;
const invalidTopic = errorCodes.INVALID_TOPIC_EXCEPTION;
/** The last version that asks for one coordinator, not for a list. */
const oneCoordinator = 3;
/** How long a topic that was just created may be unknown to a broker. */
const propagationMs = 1500;

/**
 * The brokers of a cluster, who leads which partition and who coordinates whom. It has connections of its
 * own.
 */
export class Cluster {
  readonly options: ResolvedKafkaOptions;
  readonly #brokers = new Map<string, Broker>();
  readonly #addresses = new Map<number, string>();
  readonly #topics = new Map<string, TopicMetadata>();
  readonly #coordinators = new Map<string, string>();
  #closed = false;

  constructor(options: ResolvedKafkaOptions) {
    this.options = options;
  }

  get closed(): boolean {
    return this.#closed;
  }

  /** Retries until it works, with fresh metadata after errors. @throws LogError */
  retry<T>(
    what: string,
    action: () => Promise<T>,
    { timeoutMs = this.options.retryTimeoutMs, alsoPassing }: RetryLimits = {},
  ): Promise<T> {
    if (this.#closed) throw new LogError('LOG_CLOSED', 'This client of the log is closed');
    return retrying(action, {
      what,
      timeoutMs,
      refresh: async () => {
        this.#coordinators.clear();
        await this.#refresh([...this.#topics.keys()]);
      },
      ...(alsoPassing === undefined ? {} : { alsoPassing }),
      stopped: () => this.#closed,
    });
  }

  #broker(address: string): Broker {
    const known = this.#brokers.get(address);
    if (known !== undefined) return known;
    if (this.#closed) throw new LogError('LOG_CLOSED', 'This client of the log is closed');
    const colon = address.lastIndexOf(':');
    const host = address.slice(0, colon).replace(/^\[|\]$/g, '');
    const broker = new Broker(host, Number(address.slice(colon + 1)), this.options);
    this.#brokers.set(address, broker);
    return broker;
  }

  /** Asks any broker that answers, known ones first. */
  async any<T>(ask: (broker: Broker) => Promise<T>): Promise<T> {
    const { brokers } = this.options;
    const given = typeof brokers === 'function' ? [] : brokers;
    const tried = new Set([...this.#addresses.values(), ...given]);
    let failure: unknown;
    for (const address of tried) {
      try {
        return await ask(this.#broker(address));
      } catch (error) {
        if (!isConnectionError(error)) throw error;
        failure = error;
      }
    }
    const others = typeof brokers === 'function' ? (await brokers()).filter((one) => !tried.has(one)) : [];
    for (const address of others) return ask(this.#broker(address));
    throw failure ?? new ConnectionError('No broker is known yet');
  }

  /** Asks every broker of the cluster. */
  async all<T>(ask: (broker: Broker) => Promise<T>): Promise<T[]> {
    const { brokers } = await this.metadata([]);
    return Promise.all(brokers.map(({ host, port }) => ask(this.#broker(`${host}:${port}`))));
  }

  /** What the cluster says of topics; of all of them for `null`. */
  async metadata(names: readonly string[] | null): Promise<Metadata> {
    const metadata = await this.any((broker) => askForMetadata(broker, names));
    for (const { nodeId, host, port } of metadata.brokers) this.#addresses.set(nodeId, `${host}:${port}`);
    for (const topic of metadata.topics) {
      if (topic.errorCode === 0) this.#topics.set(topic.name, topic);
      else if (topic.errorCode === unknownTopic) this.#topics.delete(topic.name);
    }
    return metadata;
  }

  async #refresh(names: readonly string[]): Promise<void> {
    await this.metadata(names);
  }

  forget(topic: string): void {
    this.#topics.delete(topic);
  }

  /** Makes sure that these partitions exist. @throws LogError `LOG_UNKNOWN_TOPIC` */
  async know(partitions: readonly TopicPartition[]): Promise<void> {
    const missing = (): TopicPartition[] =>
      partitions.filter(({ topic, partition }) => this.#topics.get(topic)?.leaders[partition] === undefined);
    if (missing().length === 0) return;
    const deadline = performance.now() + propagationMs;
    await this.retry(
      'Looking topics up',
      async () => {
        const topics = [...new Set(missing().map(({ topic }) => topic))];
        const { topics: found } = await this.metadata(topics);
        const invalid = found.find(({ errorCode }) => errorCode === invalidTopic);
        const absent = invalid === undefined ? missing()[0] : { topic: invalid.name, partition: 0 };
        if (absent !== undefined) {
          throw new KafkaError(
            'UNKNOWN_TOPIC_OR_PARTITION',
            `${absent.topic}-${absent.partition} does not exist`,
          );
        }
      },
      { alsoPassing: (error) => error instanceof KafkaError && performance.now() < deadline },
    );
  }

  /** The id of a topic that is known. */
  topicId(topic: string): string | undefined {
    return this.#topics.get(topic)?.id;
  }

  partitions(topic: string): number | undefined {
    return this.#topics.get(topic)?.leaders.length;
  }

  /** The broker that leads a partition at present. */
  leader({ topic, partition }: TopicPartition): Broker {
    const node = this.#topics.get(topic)?.leaders[partition];
    if (node === undefined) throw new KafkaError('UNKNOWN_TOPIC_OR_PARTITION', `${topic}-${partition}`);
    const address = this.#addresses.get(node);
    if (node < 0 || address === undefined)
      throw new KafkaError('LEADER_NOT_AVAILABLE', `${topic}-${partition}`);
    return this.#broker(address);
  }

  /** Groups entries by the broker that leads their partition. */
  byLeader<T extends TopicPartition>(entries: readonly T[]): Map<Broker, T[]> {
    const groups = new Map<Broker, T[]>();
    for (const entry of entries) {
      const broker = this.leader(entry);
      const known = groups.get(broker);
      if (known === undefined) groups.set(broker, [entry]);
      else known.push(entry);
    }
    return groups;
  }

  /** The broker that looks after a group or a transactional id. */
  async coordinator(key: string, type: CoordinatorType): Promise<Broker> {
    const name = `${type} ${key}`;
    let address = this.#coordinators.get(name);
    if (address === undefined) {
      const keyType = coordinatorTypes[type];
      const { errorCode, host, port } = await this.any((broker) =>
        broker.send(findCoordinatorApi, { key, keyType }, { newest: oneCoordinator }),
      );
      assertOk(errorCode, name);
      address = `${host}:${port}`;
      this.#coordinators.set(name, address);
    }
    return this.#broker(address);
  }

  /** It is looked up again before the next request. */
  forgetCoordinator(key: string, type: CoordinatorType): void {
    this.#coordinators.delete(`${type} ${key}`);
  }

  close(): void {
    this.#closed = true;
    for (const broker of this.#brokers.values()) broker.close();
    this.#brokers.clear();
  }
}

interface RetryLimits {
  readonly timeoutMs?: number;
  readonly alsoPassing?: (error: unknown) => boolean;
}

/** The errors of a topic that is not there, which the caller may expect. */
export function isAbsent({ errorCode }: TopicMetadata): boolean {
  return errorCode === unknownTopic || errorCode === invalidTopic;
}

export function topicError({ errorCode, name }: TopicMetadata): KafkaError {
  return new KafkaError(errorName(errorCode), name);
}
