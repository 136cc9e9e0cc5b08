// Generated from Apache Kafka's message definitions by tools/kafka-messages: see NOTICE. Not to be edited.
import { type Whole, type WireApi, type WireReader, type WireWriter } from '../../wire/index.ts';

interface TxnOffsetCommitRequestPartition {
  readonly partitionIndex: number;
  readonly committedOffset: number;
  readonly committedLeaderEpoch?: number;
  readonly committedMetadata: string | null;
}

function readTxnOffsetCommitRequestPartition(
  r: WireReader,
  v: number,
): Whole<TxnOffsetCommitRequestPartition> {
  const partitionIndex = r.int32();
  const committedOffset = r.int64();
  const committedLeaderEpoch = v >= 2 ? r.int32() : -1;
  const committedMetadata = r.nullableString();
  r.skipTags();
  return { partitionIndex, committedOffset, committedLeaderEpoch, committedMetadata };
}

function writeTxnOffsetCommitRequestPartition(
  w: WireWriter,
  o: TxnOffsetCommitRequestPartition,
  v: number,
): void {
  w.int32(o.partitionIndex);
  w.int64(o.committedOffset);
  if (v >= 2) w.int32(o.committedLeaderEpoch ?? -1);
  w.nullableString(o.committedMetadata);
  w.noTags();
}

interface TxnOffsetCommitRequestTopic {
  readonly name: string;
  readonly partitions: readonly TxnOffsetCommitRequestPartition[];
}

function readTxnOffsetCommitRequestTopic(r: WireReader, v: number): Whole<TxnOffsetCommitRequestTopic> {
  const name = r.string();
  const partitions = r.array(readTxnOffsetCommitRequestPartition, v);
  r.skipTags();
  return { name, partitions };
}

function writeTxnOffsetCommitRequestTopic(w: WireWriter, o: TxnOffsetCommitRequestTopic, v: number): void {
  w.string(o.name);
  w.array(o.partitions, writeTxnOffsetCommitRequestPartition, v);
  w.noTags();
}

export interface TxnOffsetCommitRequest {
  readonly transactionalId: string;
  readonly groupId: string;
  readonly producerId: number;
  readonly producerEpoch: number;
  readonly generationId?: number;
  readonly memberId?: string;
  readonly groupInstanceId?: string | null;
  readonly topics: readonly TxnOffsetCommitRequestTopic[];
}

function readTxnOffsetCommitRequest(r: WireReader, v: number): Whole<TxnOffsetCommitRequest> {
  const transactionalId = r.string();
  const groupId = r.string();
  const producerId = r.int64();
  const producerEpoch = r.int16();
  const generationId = v >= 3 ? r.int32() : -1;
  const memberId = v >= 3 ? r.string() : '';
  const groupInstanceId = v >= 3 ? r.nullableString() : null;
  const topics = r.array(readTxnOffsetCommitRequestTopic, v);
  r.skipTags();
  return {
    transactionalId,
    groupId,
    producerId,
    producerEpoch,
    generationId,
    memberId,
    groupInstanceId,
    topics,
  };
}

function writeTxnOffsetCommitRequest(w: WireWriter, o: TxnOffsetCommitRequest, v: number): void {
  w.string(o.transactionalId);
  w.string(o.groupId);
  w.int64(o.producerId);
  w.int16(o.producerEpoch);
  if (v >= 3) w.int32(o.generationId ?? -1);
  else w.absent('TxnOffsetCommitRequest.generationId', o.generationId, -1, v);
  if (v >= 3) w.string(o.memberId ?? '');
  else w.absent('TxnOffsetCommitRequest.memberId', o.memberId, '', v);
  if (v >= 3) w.nullableString(o.groupInstanceId ?? null);
  else w.absent('TxnOffsetCommitRequest.groupInstanceId', o.groupInstanceId, null, v);
  w.array(o.topics, writeTxnOffsetCommitRequestTopic, v);
  w.noTags();
}

interface TxnOffsetCommitResponsePartition {
  readonly partitionIndex: number;
  readonly errorCode: number;
}

function readTxnOffsetCommitResponsePartition(
  r: WireReader,
  _v: number,
): Whole<TxnOffsetCommitResponsePartition> {
  const partitionIndex = r.int32();
  const errorCode = r.int16();
  r.skipTags();
  return { partitionIndex, errorCode };
}

function writeTxnOffsetCommitResponsePartition(
  w: WireWriter,
  o: TxnOffsetCommitResponsePartition,
  _v: number,
): void {
  w.int32(o.partitionIndex);
  w.int16(o.errorCode);
  w.noTags();
}

interface TxnOffsetCommitResponseTopic {
  readonly name: string;
  readonly partitions: readonly TxnOffsetCommitResponsePartition[];
}

function readTxnOffsetCommitResponseTopic(r: WireReader, v: number): Whole<TxnOffsetCommitResponseTopic> {
  const name = r.string();
  const partitions = r.array(readTxnOffsetCommitResponsePartition, v);
  r.skipTags();
  return { name, partitions };
}

function writeTxnOffsetCommitResponseTopic(w: WireWriter, o: TxnOffsetCommitResponseTopic, v: number): void {
  w.string(o.name);
  w.array(o.partitions, writeTxnOffsetCommitResponsePartition, v);
  w.noTags();
}

export interface TxnOffsetCommitResponse {
  readonly throttleTimeMs?: number;
  readonly topics: readonly TxnOffsetCommitResponseTopic[];
}

function readTxnOffsetCommitResponse(r: WireReader, v: number): Whole<TxnOffsetCommitResponse> {
  const throttleTimeMs = r.int32();
  const topics = r.array(readTxnOffsetCommitResponseTopic, v);
  r.skipTags();
  return { throttleTimeMs, topics };
}

function writeTxnOffsetCommitResponse(w: WireWriter, o: TxnOffsetCommitResponse, v: number): void {
  w.int32(o.throttleTimeMs ?? 0);
  w.array(o.topics, writeTxnOffsetCommitResponseTopic, v);
  w.noTags();
}

export const txnOffsetCommitApi: WireApi<TxnOffsetCommitRequest, TxnOffsetCommitResponse> = {
  key: 28,
  name: 'TxnOffsetCommit',
  minVersion: 0,
  maxVersion: 4,
  flexibleFrom: 3,
  request: { read: readTxnOffsetCommitRequest, write: writeTxnOffsetCommitRequest },
  response: { read: readTxnOffsetCommitResponse, write: writeTxnOffsetCommitResponse },
};
