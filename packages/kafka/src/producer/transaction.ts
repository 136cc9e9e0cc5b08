import { byTopic, LogError, type LogTransaction, type PartitionRecords } from '@millrace/log-client';
import type { Cluster } from '../cluster/cluster.ts';
import {
  addOffsetsToTxnApi,
  addPartitionsToTxnApi,
  endTxnApi,
  errorCodes,
  txnOffsetCommitApi,
} from '@millrace/kafka-protocol/messages';
import { assertOk } from '../errors.ts';
import { generationOf, goesOn } from '../group/member-generation.ts';
import { offsetTopics } from '../group/offset-topics.ts';
import { append } from './append.ts';
import { identify, type ProducerIdentity } from './sequences.ts';

/** How long a transaction that failed is tried to be aborted. */
const abortMs = 5000;

/**
 * Transactions under one transactional id, one after the other. Opening it fences every earlier one of the
 * same id and settles what that left open. After a failed commit it is unusable: open another one.
 */
export class Transactions {
  readonly #cluster: Cluster;
  readonly #id: string;
  readonly #identity: ProducerIdentity;
  #failure: LogError | undefined;
  #aborted: Promise<void> | undefined;

  private constructor(cluster: Cluster, id: string, identity: ProducerIdentity) {
    this.#cluster = cluster;
    this.#id = id;
    this.#identity = identity;
  }

  static async open(cluster: Cluster, id: string): Promise<Transactions> {
    const identity = await cluster.retry(`Opening transactions of ${id}`, async () =>
      identify(await cluster.coordinator(id, 'transaction'), id, cluster.options.transactionTimeoutMs),
    );
    return new Transactions(cluster, id, identity);
  }

  /** False once a commit has failed. */
  get usable(): boolean {
    return this.#failure === undefined;
  }

  /** Resolves once the broker knows that a commit which failed is not to be. */
  async settled(): Promise<void> {
    await this.#aborted;
  }

  /**
   * @throws LogError `LOG_FENCED` when another one was opened under the id, an earlier commit failed, or the
   * group has gone on without the member
   */
  async commit({ records, offsets }: LogTransaction): Promise<number[]> {
    if (this.#failure !== undefined) {
      throw new LogError('LOG_FENCED', `An earlier commit of ${this.#id} failed: open a new producer`, {
        cause: this.#failure,
      });
    }
    const commits = offsets?.commits ?? [];
    if (records.length === 0 && commits.length === 0) return [];
    try {
      await both(
        this.#addPartitions(records),
        commits.length > 0 ? this.#addOffsets(offsets!.group) : undefined,
      );
      const baseOffsets = await both(
        append(this.#cluster, records, this.#identity, this.#id),
        commits.length > 0 ? this.#commitOffsets(offsets!) : undefined,
      );
      await this.#end(true);
      return baseOffsets;
    } catch (error) {
      this.#failure = error as LogError;
      // Until it is aborted nobody reads past it. Where this fails too, the broker settles it when the next
      // one is opened, or when its time is up.
      this.#aborted = this.#end(false, { timeoutMs: abortMs }).catch(() => {});
      throw error;
    }
  }

  get #transaction() {
    const { producerId, producerEpoch } = this.#identity;
    return { transactionalId: this.#id, producerId, producerEpoch };
  }

  async #addPartitions(records: readonly PartitionRecords[]): Promise<void> {
    if (records.length === 0) return;
    const topics = byTopic(records).map(({ topic: name, entries }) => ({
      name,
      partitions: [...new Set(entries.map(({ partition }) => partition))],
    }));
    const { transactionalId, producerId, producerEpoch } = this.#transaction;
    await this.#cluster.retry(`Opening a transaction of ${this.#id}`, async () => {
      const coordinator = await this.#cluster.coordinator(this.#id, 'transaction');
      const { resultsByTopicV3AndBelow: results } = await coordinator.send(addPartitionsToTxnApi, {
        v3AndBelowTransactionalId: transactionalId,
        v3AndBelowProducerId: producerId,
        v3AndBelowProducerEpoch: producerEpoch,
        v3AndBelowTopics: topics,
      });
      const codes = results.flatMap(({ resultsByPartition }) => resultsByPartition);
      // Where one partition is refused, the others are only said not to have been tried.
      const untried = errorCodes.OPERATION_NOT_ATTEMPTED;
      for (const { partitionErrorCode: code } of codes) if (code !== untried) assertOk(code, transactionalId);
      for (const { partitionErrorCode: code } of codes) assertOk(code, transactionalId);
    });
  }

  async #addOffsets(groupId: string): Promise<void> {
    await this.#cluster.retry(`Adding offsets to a transaction of ${this.#id}`, async () => {
      const coordinator = await this.#cluster.coordinator(this.#id, 'transaction');
      const { errorCode } = await coordinator.send(addOffsetsToTxnApi, { ...this.#transaction, groupId });
      assertOk(errorCode, this.#id);
    });
  }

  async #commitOffsets({ group, member, commits }: NonNullable<LogTransaction['offsets']>): Promise<void> {
    const topics = offsetTopics(commits);
    let tried = -1;
    await this.#cluster.retry(
      `Committing offsets of ${group}`,
      async () => {
        if (member !== undefined) tried = generationOf(member, group);
        const coordinator = await this.#cluster.coordinator(group, 'group');
        const answer = await coordinator.send(txnOffsetCommitApi, {
          ...this.#transaction,
          groupId: group,
          generationId: tried,
          memberId: member?.memberId ?? '',
          topics,
        });
        for (const { partitions } of answer.topics) {
          for (const { errorCode } of partitions) assertOk(errorCode, group);
        }
      },
      { alsoPassing: (error) => member !== undefined && goesOn(error, tried, member) },
    );
  }

  async #end(committed: boolean, limits: { readonly timeoutMs?: number } = {}): Promise<void> {
    await this.#cluster.retry(
      `Ending a transaction of ${this.#id}`,
      async () => {
        const coordinator = await this.#cluster.coordinator(this.#id, 'transaction');
        const { errorCode } = await coordinator.send(endTxnApi, { ...this.#transaction, committed });
        assertOk(errorCode, this.#id);
      },
      limits,
    );
  }
}

/**
 * What the first resolves to. It settles when both are over: what came after an abort would hang in its
 * partition.
 */
async function both<T>(first: Promise<T>, second: Promise<void> | undefined): Promise<T> {
  const [found, other] = await Promise.allSettled([first, second]);
  if (found.status === 'rejected') throw found.reason;
  if (other.status === 'rejected') throw other.reason;
  return found.value;
}
