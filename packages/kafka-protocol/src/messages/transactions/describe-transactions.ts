// Generated from Apache Kafka's message definitions by tools/kafka-messages: see NOTICE. Not to be edited.
import * as element from '../../wire/elements.ts';
import { type Whole, type WireApi, type WireReader, type WireWriter } from '../../wire/index.ts';

export interface DescribeTransactionsRequest {
  readonly transactionalIds: readonly string[];
}

function readDescribeTransactionsRequest(r: WireReader, v: number): Whole<DescribeTransactionsRequest> {
  const transactionalIds = r.array(element.getString, v);
  r.skipTags();
  return { transactionalIds };
}

function writeDescribeTransactionsRequest(w: WireWriter, o: DescribeTransactionsRequest, v: number): void {
  w.array(o.transactionalIds, element.putString, v);
  w.noTags();
}

interface TopicData {
  readonly topic: string;
  readonly partitions: readonly number[];
}

function readTopicData(r: WireReader, v: number): Whole<TopicData> {
  const topic = r.string();
  const partitions = r.array(element.getInt32, v);
  r.skipTags();
  return { topic, partitions };
}

function writeTopicData(w: WireWriter, o: TopicData, v: number): void {
  w.string(o.topic);
  w.array(o.partitions, element.putInt32, v);
  w.noTags();
}

interface TransactionState {
  readonly errorCode: number;
  readonly transactionalId: string;
  readonly transactionState: string;
  readonly transactionTimeoutMs: number;
  readonly transactionStartTimeMs: number;
  readonly producerId: number;
  readonly producerEpoch: number;
  readonly topics: readonly TopicData[];
}

function readTransactionState(r: WireReader, v: number): Whole<TransactionState> {
  const errorCode = r.int16();
  const transactionalId = r.string();
  const transactionState = r.string();
  const transactionTimeoutMs = r.int32();
  const transactionStartTimeMs = r.int64();
  const producerId = r.int64();
  const producerEpoch = r.int16();
  const topics = r.array(readTopicData, v);
  r.skipTags();
  return {
    errorCode,
    transactionalId,
    transactionState,
    transactionTimeoutMs,
    transactionStartTimeMs,
    producerId,
    producerEpoch,
    topics,
  };
}

function writeTransactionState(w: WireWriter, o: TransactionState, v: number): void {
  w.int16(o.errorCode);
  w.string(o.transactionalId);
  w.string(o.transactionState);
  w.int32(o.transactionTimeoutMs);
  w.int64(o.transactionStartTimeMs);
  w.int64(o.producerId);
  w.int16(o.producerEpoch);
  w.array(o.topics, writeTopicData, v);
  w.noTags();
}

export interface DescribeTransactionsResponse {
  readonly throttleTimeMs?: number;
  readonly transactionStates: readonly TransactionState[];
}

function readDescribeTransactionsResponse(r: WireReader, v: number): Whole<DescribeTransactionsResponse> {
  const throttleTimeMs = r.int32();
  const transactionStates = r.array(readTransactionState, v);
  r.skipTags();
  return { throttleTimeMs, transactionStates };
}

function writeDescribeTransactionsResponse(w: WireWriter, o: DescribeTransactionsResponse, v: number): void {
  w.int32(o.throttleTimeMs ?? 0);
  w.array(o.transactionStates, writeTransactionState, v);
  w.noTags();
}

export const describeTransactionsApi: WireApi<DescribeTransactionsRequest, DescribeTransactionsResponse> = {
  key: 65,
  name: 'DescribeTransactions',
  minVersion: 0,
  maxVersion: 0,
  flexibleFrom: 0,
  request: { read: readDescribeTransactionsRequest, write: writeDescribeTransactionsRequest },
  response: { read: readDescribeTransactionsResponse, write: writeDescribeTransactionsResponse },
};
