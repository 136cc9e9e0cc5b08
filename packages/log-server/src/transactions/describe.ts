import type { TransactionalId } from '@millrace/embedded-log/raw';
import {
  describeProducersApi,
  describeTransactionsApi,
  errorCodes,
  listTransactionsApi,
} from '@millrace/kafka-protocol/messages';
import { failure, noFailure } from '../error-code.ts';
import { handler } from '../handler.ts';

/** As Kafka's tools print them. */
const states: Readonly<Record<TransactionalId['state'], string>> = {
  empty: 'Empty',
  ongoing: 'Ongoing',
  committed: 'CompleteCommit',
  aborted: 'CompleteAbort',
};
const stateNames: ReadonlySet<string> = new Set([
  ...Object.values(states),
  'PrepareCommit',
  'PrepareAbort',
  'Dead',
  'PrepareEpochFence',
]);

export const handleDescribeProducers = handler(describeProducersApi, ({ topics }, { log }) => ({
  topics: topics.map(({ name, partitionIndexes }) => ({
    name,
    partitions: partitionIndexes.map((partitionIndex) => {
      const partition = log.raw.partition(name, partitionIndex);
      if (partition === undefined) {
        return { ...failure('UNKNOWN_TOPIC_OR_PARTITION'), partitionIndex, activeProducers: [] };
      }
      const producers = partition.knownProducers;
      const activeProducers = (producers?.describe() ?? []).map(({ at, ...one }) => ({
        ...one,
        lastTimestamp: at,
        coordinatorEpoch: 0,
        currentTxnStartOffset: producers?.open.get(one.producerId) ?? -1,
      }));
      return { ...noFailure, partitionIndex, activeProducers };
    }),
  })),
}));

export const handleDescribeTransactions = handler(
  describeTransactionsApi,
  ({ transactionalIds }, { log }) => ({
    transactionStates: transactionalIds.map((transactionalId) => {
      const { transactions, state } = log.raw;
      const known = state.transactional.get(transactionalId);
      if (known === undefined) {
        return {
          errorCode: errorCodes.TRANSACTIONAL_ID_NOT_FOUND,
          transactionalId,
          transactionState: '',
          transactionTimeoutMs: 0,
          transactionStartTimeMs: -1,
          producerId: -1,
          producerEpoch: -1,
          topics: [],
        };
      }
      const topics = new Map<string, number[]>();
      for (const { topic, partition } of transactions.partitionsOf(known)) {
        topics.set(topic, [...(topics.get(topic) ?? []), partition]);
      }
      return {
        errorCode: errorCodes.NONE,
        transactionalId,
        transactionState: states[known.state],
        transactionTimeoutMs: known.timeoutMs,
        transactionStartTimeMs: transactions.begunAt(transactionalId) ?? -1,
        producerId: known.producerId,
        producerEpoch: known.producerEpoch,
        topics: [...topics].map(([topic, partitions]) => ({ topic, partitions })),
      };
    }),
  }),
);

export const handleListTransactions = handler(
  listTransactionsApi,
  ({ stateFilters, producerIdFilters, durationFilter }, { log }) => {
    const { transactions } = log.raw;
    const isLong = (id: string): boolean => {
      const begunAt = transactions.begunAt(id);
      return durationFilter < 0 || (begunAt !== undefined && Date.now() - begunAt > durationFilter);
    };
    const transactionStates = [...transactions.all]
      .filter(({ state }) => stateFilters.length === 0 || stateFilters.includes(states[state]))
      .filter(({ producerId }) => producerIdFilters.length === 0 || producerIdFilters.includes(producerId))
      .filter(({ id }) => isLong(id))
      .map(({ id, producerId, state }) => ({
        transactionalId: id,
        producerId,
        transactionState: states[state],
      }));
    return {
      errorCode: errorCodes.NONE,
      unknownStateFilters: stateFilters.filter((state) => !stateNames.has(state)),
      transactionStates,
    };
  },
);
