import { type ProducerEpoch, Refusal } from '@millrace/embedded-log/raw';
import {
  addOffsetsToTxnApi,
  addPartitionsToTxnApi,
  endTxnApi,
  errorCodes,
  initProducerIdApi,
  txnOffsetCommitApi,
} from '@millrace/kafka-protocol/messages';
import { outcomeOf, type Failure, failureOf } from '../error-code.ts';
import { commitOffsets } from '../groups/offsets.ts';
import { handler, type ServedLog } from '../handler.ts';

/** Before these versions clients know only the older error for a producer that was replaced. */
const knowsFenced = { init: 4, txn: 2 } as const;
const noProducer = -1;

function asOlderError(error: Failure, isOld: boolean): number {
  const isFenced = error.errorCode === errorCodes.PRODUCER_FENCED;
  return isOld && isFenced ? errorCodes.INVALID_PRODUCER_EPOCH : error.errorCode;
}

export const handleInitProducerId = handler(initProducerIdApi, async (request, { log, version }) => {
  const { transactionalId, transactionTimeoutMs, producerId, producerEpoch } = request;
  const { transactions } = log.raw;
  try {
    if (transactionalId === null)
      return { errorCode: errorCodes.NONE, ...(await transactions.newProducer()) };
    if (transactionalId === '') throw new Refusal('INVALID_REQUEST', 'a transactional id has a name');
    if (transactionTimeoutMs <= 0 || transactionTimeoutMs > log.options.maxTransactionMs) {
      throw new Refusal('INVALID_TRANSACTION_TIMEOUT', `at most ${log.options.maxTransactionMs} ms`);
    }
    const expected = producerId === noProducer ? undefined : { producerId, producerEpoch };
    const opened = await transactions.open(transactionalId, transactionTimeoutMs, expected);
    return { errorCode: errorCodes.NONE, ...opened };
  } catch (error) {
    const errorCode = asOlderError(failureOf(error), version < knowsFenced.init);
    return { errorCode, producerId: noProducer, producerEpoch: -1 };
  }
});

export const handleAddPartitionsToTxn = handler(addPartitionsToTxnApi, async (request, { log, version }) => {
  const {
    v3AndBelowTransactionalId: id,
    v3AndBelowProducerId: producerId,
    v3AndBelowProducerEpoch: producerEpoch,
    v3AndBelowTopics: topics,
  } = request;
  const absent = topics.some(({ name, partitions }) =>
    partitions.some((partition) => log.raw.partition(name, partition) === undefined),
  );
  const begun = absent
    ? undefined
    : await outcomeOf(() => log.raw.transactions.begin(id, { producerId, producerEpoch }));
  const codeOf = (name: string, partition: number): number => {
    if (begun !== undefined) return asOlderError(begun, version < knowsFenced.txn);
    const isThere = log.raw.partition(name, partition) !== undefined;
    return isThere ? errorCodes.OPERATION_NOT_ATTEMPTED : errorCodes.UNKNOWN_TOPIC_OR_PARTITION;
  };
  return {
    resultsByTopicV3AndBelow: topics.map(({ name, partitions }) => ({
      name,
      resultsByPartition: partitions.map((partitionIndex) => ({
        partitionIndex,
        partitionErrorCode: codeOf(name, partitionIndex),
      })),
    })),
  };
});

export const handleAddOffsetsToTxn = handler(addOffsetsToTxnApi, async (request, { log, version }) => {
  const begun = await outcomeOf(() => log.raw.transactions.begin(request.transactionalId, request));
  return { errorCode: asOlderError(begun, version < knowsFenced.txn) };
});

interface TxnCommit extends ProducerEpoch {
  readonly transactionalId: string;
  readonly groupId: string;
  readonly memberId: string;
  readonly groupInstanceId: string | null;
  readonly generationId: number;
}

function assertMayCommit(log: ServedLog, caller: TxnCommit): void {
  if (log.raw.nativeMembers(caller.groupId) > 0) {
    throw new Refusal(
      'UNKNOWN_MEMBER_ID',
      `group ${caller.groupId} has members in the process that owns the log`,
    );
  }
  log.groups.group(caller.groupId).assertMayCommit(caller, { isTransactional: true });
}

export const handleTxnOffsetCommit = handler(txnOffsetCommitApi, async (request, { log, version }) => {
  const topics = await commitOffsets(log, request.groupId, request.topics, (offsets) => {
    assertMayCommit(log, request);
    log.raw.transactions.addOffsets(request.transactionalId, request, offsets);
  });
  if (version >= knowsFenced.txn) return { topics };
  return {
    topics: topics.map(({ name, partitions }) => ({
      name,
      partitions: partitions.map(({ partitionIndex, errorCode }) => ({
        partitionIndex,
        errorCode: asOlderError({ errorCode, errorMessage: null }, true),
      })),
    })),
  };
});

export const handleEndTxn = handler(endTxnApi, async (request, { log, version }) => {
  const outcome = request.committed ? 'commit' : 'abort';
  const ended = await outcomeOf(() => log.raw.transactions.end(request.transactionalId, request, outcome));
  return { errorCode: asOlderError(ended, version < knowsFenced.txn) };
});
