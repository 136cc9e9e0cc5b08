// Generated from Apache Kafka's message definitions by tools/kafka-messages: see NOTICE. Not to be edited.
import * as element from '../../wire/elements.ts';
import { zeroUuid, type Whole, type WireApi, type WireReader, type WireWriter } from '../../wire/index.ts';

interface TopicRequest {
  readonly name: string;
}

function readTopicRequest(r: WireReader, _v: number): Whole<TopicRequest> {
  const name = r.string();
  r.skipTags();
  return { name };
}

function writeTopicRequest(w: WireWriter, o: TopicRequest, _v: number): void {
  w.string(o.name);
  w.noTags();
}

interface Cursor {
  readonly topicName: string;
  readonly partitionIndex: number;
}

function readCursor(r: WireReader, _v: number): Whole<Cursor> {
  const topicName = r.string();
  const partitionIndex = r.int32();
  r.skipTags();
  return { topicName, partitionIndex };
}

function writeCursor(w: WireWriter, o: Cursor, _v: number): void {
  w.string(o.topicName);
  w.int32(o.partitionIndex);
  w.noTags();
}

export interface DescribeTopicPartitionsRequest {
  readonly topics: readonly TopicRequest[];
  readonly responsePartitionLimit?: number;
  readonly cursor?: Cursor | null;
}

function readDescribeTopicPartitionsRequest(r: WireReader, v: number): Whole<DescribeTopicPartitionsRequest> {
  const topics = r.array(readTopicRequest, v);
  const responsePartitionLimit = r.int32();
  const cursor = r.nullable(readCursor, v);
  r.skipTags();
  return { topics, responsePartitionLimit, cursor };
}

function writeDescribeTopicPartitionsRequest(
  w: WireWriter,
  o: DescribeTopicPartitionsRequest,
  v: number,
): void {
  w.array(o.topics, writeTopicRequest, v);
  w.int32(o.responsePartitionLimit ?? 2000);
  w.nullable(o.cursor ?? null, writeCursor, v);
  w.noTags();
}

interface DescribeTopicPartitionsResponsePartition {
  readonly errorCode: number;
  readonly partitionIndex: number;
  readonly leaderId: number;
  readonly leaderEpoch?: number;
  readonly replicaNodes: readonly number[];
  readonly isrNodes: readonly number[];
  readonly eligibleLeaderReplicas?: readonly number[] | null;
  readonly lastKnownElr?: readonly number[] | null;
  readonly offlineReplicas?: readonly number[];
}

function readDescribeTopicPartitionsResponsePartition(
  r: WireReader,
  v: number,
): Whole<DescribeTopicPartitionsResponsePartition> {
  const errorCode = r.int16();
  const partitionIndex = r.int32();
  const leaderId = r.int32();
  const leaderEpoch = r.int32();
  const replicaNodes = r.array(element.getInt32, v);
  const isrNodes = r.array(element.getInt32, v);
  const eligibleLeaderReplicas = r.nullableArray(element.getInt32, v);
  const lastKnownElr = r.nullableArray(element.getInt32, v);
  const offlineReplicas = r.array(element.getInt32, v);
  r.skipTags();
  return {
    errorCode,
    partitionIndex,
    leaderId,
    leaderEpoch,
    replicaNodes,
    isrNodes,
    eligibleLeaderReplicas,
    lastKnownElr,
    offlineReplicas,
  };
}

function writeDescribeTopicPartitionsResponsePartition(
  w: WireWriter,
  o: DescribeTopicPartitionsResponsePartition,
  v: number,
): void {
  w.int16(o.errorCode);
  w.int32(o.partitionIndex);
  w.int32(o.leaderId);
  w.int32(o.leaderEpoch ?? -1);
  w.array(o.replicaNodes, element.putInt32, v);
  w.array(o.isrNodes, element.putInt32, v);
  w.nullableArray(o.eligibleLeaderReplicas ?? null, element.putInt32, v);
  w.nullableArray(o.lastKnownElr ?? null, element.putInt32, v);
  w.array(o.offlineReplicas ?? [], element.putInt32, v);
  w.noTags();
}

interface DescribeTopicPartitionsResponseTopic {
  readonly errorCode: number;
  readonly name: string | null;
  readonly topicId?: string;
  readonly isInternal?: boolean;
  readonly partitions: readonly DescribeTopicPartitionsResponsePartition[];
  readonly topicAuthorizedOperations?: number;
}

function readDescribeTopicPartitionsResponseTopic(
  r: WireReader,
  v: number,
): Whole<DescribeTopicPartitionsResponseTopic> {
  const errorCode = r.int16();
  const name = r.nullableString();
  const topicId = r.uuid();
  const isInternal = r.bool();
  const partitions = r.array(readDescribeTopicPartitionsResponsePartition, v);
  const topicAuthorizedOperations = r.int32();
  r.skipTags();
  return { errorCode, name, topicId, isInternal, partitions, topicAuthorizedOperations };
}

function writeDescribeTopicPartitionsResponseTopic(
  w: WireWriter,
  o: DescribeTopicPartitionsResponseTopic,
  v: number,
): void {
  w.int16(o.errorCode);
  w.nullableString(o.name);
  w.uuid(o.topicId ?? zeroUuid);
  w.bool(o.isInternal ?? false);
  w.array(o.partitions, writeDescribeTopicPartitionsResponsePartition, v);
  w.int32(o.topicAuthorizedOperations ?? -2147483648);
  w.noTags();
}

interface DescribeTopicPartitionsResponseCursor {
  readonly topicName: string;
  readonly partitionIndex: number;
}

function readDescribeTopicPartitionsResponseCursor(
  r: WireReader,
  _v: number,
): Whole<DescribeTopicPartitionsResponseCursor> {
  const topicName = r.string();
  const partitionIndex = r.int32();
  r.skipTags();
  return { topicName, partitionIndex };
}

function writeDescribeTopicPartitionsResponseCursor(
  w: WireWriter,
  o: DescribeTopicPartitionsResponseCursor,
  _v: number,
): void {
  w.string(o.topicName);
  w.int32(o.partitionIndex);
  w.noTags();
}

export interface DescribeTopicPartitionsResponse {
  readonly throttleTimeMs?: number;
  readonly topics: readonly DescribeTopicPartitionsResponseTopic[];
  readonly nextCursor?: DescribeTopicPartitionsResponseCursor | null;
}

function readDescribeTopicPartitionsResponse(
  r: WireReader,
  v: number,
): Whole<DescribeTopicPartitionsResponse> {
  const throttleTimeMs = r.int32();
  const topics = r.array(readDescribeTopicPartitionsResponseTopic, v);
  const nextCursor = r.nullable(readDescribeTopicPartitionsResponseCursor, v);
  r.skipTags();
  return { throttleTimeMs, topics, nextCursor };
}

function writeDescribeTopicPartitionsResponse(
  w: WireWriter,
  o: DescribeTopicPartitionsResponse,
  v: number,
): void {
  w.int32(o.throttleTimeMs ?? 0);
  w.array(o.topics, writeDescribeTopicPartitionsResponseTopic, v);
  w.nullable(o.nextCursor ?? null, writeDescribeTopicPartitionsResponseCursor, v);
  w.noTags();
}

export const describeTopicPartitionsApi: WireApi<
  DescribeTopicPartitionsRequest,
  DescribeTopicPartitionsResponse
> = {
  key: 75,
  name: 'DescribeTopicPartitions',
  minVersion: 0,
  maxVersion: 0,
  flexibleFrom: 0,
  request: { read: readDescribeTopicPartitionsRequest, write: writeDescribeTopicPartitionsRequest },
  response: { read: readDescribeTopicPartitionsResponse, write: writeDescribeTopicPartitionsResponse },
};
