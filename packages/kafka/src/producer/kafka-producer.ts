import { randomUUID } from 'node:crypto';
import {
  LogError,
  type LogProducer,
  type LogProducerOptions,
  type LogTransaction,
  type PartitionRecords,
} from '@millrace/log-client';
import type { Cluster } from '../cluster/cluster.ts';
import { memberCount } from '../groups.ts';
import { append, losesIdentity } from './append.ts';
import { identify, type ProducerIdentity } from './sequences.ts';
import { Transactions } from './transaction.ts';

/** Writes to a cluster: idempotently, or in transactions. Calls are carried out one after the other. */
export class KafkaProducer implements LogProducer {
  readonly #cluster: Cluster;
  readonly #id: string;
  /** Another producer may have taken its id over: once it has failed it stays so. */
  readonly #isNamed: boolean;
  #transactions: Transactions | undefined;
  #identity: ProducerIdentity | undefined;
  #last: Promise<unknown> = Promise.resolve();
  #closed = false;

  private constructor(cluster: Cluster, { transactionalId, name }: LogProducerOptions) {
    this.#cluster = cluster;
    this.#isNamed = transactionalId !== undefined;
    this.#id = transactionalId ?? `${name ?? cluster.options.clientId}-${randomUUID()}`;
  }

  /**
   * With a transactional id, earlier producers of the same id are fenced, and what they left open is settled.
   */
  static async open(cluster: Cluster, options: LogProducerOptions): Promise<KafkaProducer> {
    const producer = new KafkaProducer(cluster, options);
    if (producer.#isNamed) await producer.#open();
    return producer;
  }

  commit(transaction: LogTransaction): Promise<number[]> {
    return this.#inTurn(async () => {
      const { records, offsets } = transaction;
      await this.#cluster.know([...records, ...(offsets?.commits ?? [])]);
      if (offsets !== undefined && offsets.member === undefined) await this.#assertNoMembers(offsets.group);
      const transactions = await this.#open();
      return transactions.commit(transaction);
    });
  }

  /** Nobody else has an id that was made up: it goes on under it after a failure. */
  async #open(): Promise<Transactions> {
    if (this.#transactions === undefined || !(this.#isNamed || this.#transactions.usable))
      this.#transactions = await Transactions.open(this.#cluster, this.#id);
    return this.#transactions;
  }

  /** The broker would take offsets that name no member from anyone. */
  async #assertNoMembers(group: string): Promise<void> {
    if ((await memberCount(this.#cluster, group)) > 0) {
      throw new LogError(
        'LOG_FENCED',
        `Group ${group} has members: only they commit its offsets; stop them first`,
      );
    }
  }

  send(records: readonly PartitionRecords[]): Promise<number[]> {
    return this.#inTurn(async () => {
      await this.#cluster.know(records);
      try {
        return await append(this.#cluster, records, await this.#identify(), undefined);
      } catch (error) {
        this.#identity = undefined;
        // Without transactions records may be there twice, but must not get lost.
        if (!losesIdentity(error)) throw error;
        return append(this.#cluster, records, await this.#identify(), undefined);
      }
    });
  }

  async #identify(): Promise<ProducerIdentity> {
    this.#identity ??= await this.#cluster.retry('Getting a producer id', () =>
      this.#cluster.any((broker) => identify(broker, null, 0)),
    );
    return this.#identity;
  }

  #inTurn<T>(action: () => Promise<T>): Promise<T> {
    if (this.#closed) return Promise.reject(new LogError('LOG_CLOSED', 'This producer is closed'));
    const turn = this.#last.then(action);
    this.#last = turn.catch(() => {});
    return turn;
  }

  async close(): Promise<void> {
    this.#closed = true;
    await this.#last;
    await this.#transactions?.settled();
  }
}
