// Generated from Apache Kafka's message definitions by tools/kafka-messages: see NOTICE. Not to be edited.
import {
  isSet,
  type Whole,
  type WireApi,
  type WireReader,
  type WireRecords,
  type WireWriter,
} from '../../wire/index.ts';

interface PartitionProduceData {
  readonly index: number;
  readonly records: WireRecords;
}

function readPartitionProduceData(r: WireReader, _v: number): Whole<PartitionProduceData> {
  const index = r.int32();
  const records = r.records();
  r.skipTags();
  return { index, records };
}

function writePartitionProduceData(w: WireWriter, o: PartitionProduceData, _v: number): void {
  w.int32(o.index);
  w.records(o.records);
  w.noTags();
}

interface TopicProduceData {
  readonly name?: string;
  readonly partitionData: readonly PartitionProduceData[];
}

function readTopicProduceData(r: WireReader, v: number): Whole<TopicProduceData> {
  const name = r.string();
  const partitionData = r.array(readPartitionProduceData, v);
  r.skipTags();
  return { name, partitionData };
}

function writeTopicProduceData(w: WireWriter, o: TopicProduceData, v: number): void {
  w.string(o.name ?? '');
  w.array(o.partitionData, writePartitionProduceData, v);
  w.noTags();
}

export interface ProduceRequest {
  readonly transactionalId?: string | null;
  readonly acks: number;
  readonly timeoutMs: number;
  readonly topicData: readonly TopicProduceData[];
}

function readProduceRequest(r: WireReader, v: number): Whole<ProduceRequest> {
  const transactionalId = r.nullableString();
  const acks = r.int16();
  const timeoutMs = r.int32();
  const topicData = r.array(readTopicProduceData, v);
  r.skipTags();
  return { transactionalId, acks, timeoutMs, topicData };
}

function writeProduceRequest(w: WireWriter, o: ProduceRequest, v: number): void {
  w.nullableString(o.transactionalId ?? null);
  w.int16(o.acks);
  w.int32(o.timeoutMs);
  w.array(o.topicData, writeTopicProduceData, v);
  w.noTags();
}

interface BatchIndexAndErrorMessage {
  readonly batchIndex: number;
  readonly batchIndexErrorMessage?: string | null;
}

function readBatchIndexAndErrorMessage(r: WireReader, _v: number): Whole<BatchIndexAndErrorMessage> {
  const batchIndex = r.int32();
  const batchIndexErrorMessage = r.nullableString();
  r.skipTags();
  return { batchIndex, batchIndexErrorMessage };
}

function writeBatchIndexAndErrorMessage(w: WireWriter, o: BatchIndexAndErrorMessage, _v: number): void {
  w.int32(o.batchIndex);
  w.nullableString(o.batchIndexErrorMessage ?? null);
  w.noTags();
}

interface LeaderIdAndEpoch {
  readonly leaderId?: number;
  readonly leaderEpoch?: number;
}

function readLeaderIdAndEpoch(r: WireReader, _v: number): Whole<LeaderIdAndEpoch> {
  const leaderId = r.int32();
  const leaderEpoch = r.int32();
  r.skipTags();
  return { leaderId, leaderEpoch };
}

function writeLeaderIdAndEpoch(w: WireWriter, o: LeaderIdAndEpoch, _v: number): void {
  w.int32(o.leaderId ?? -1);
  w.int32(o.leaderEpoch ?? -1);
  w.noTags();
}

interface PartitionProduceResponse {
  readonly index: number;
  readonly errorCode: number;
  readonly baseOffset: number;
  readonly logAppendTimeMs?: number;
  readonly logStartOffset?: number;
  readonly recordErrors?: readonly BatchIndexAndErrorMessage[];
  readonly errorMessage?: string | null;
  readonly currentLeader?: LeaderIdAndEpoch | null;
}

function readPartitionProduceResponse(r: WireReader, v: number): Whole<PartitionProduceResponse> {
  const index = r.int32();
  const errorCode = r.int16();
  const baseOffset = r.int64();
  const logAppendTimeMs = r.int64();
  const logStartOffset = v >= 5 ? r.int64() : -1;
  const recordErrors = v >= 8 ? r.array(readBatchIndexAndErrorMessage, v) : [];
  const errorMessage = v >= 8 ? r.nullableString() : null;
  let currentLeader: Whole<LeaderIdAndEpoch | null> = null;
  r.tags((tag) => {
    switch (tag) {
      case 0:
        currentLeader = readLeaderIdAndEpoch(r, v);
        break;
      default:
    }
  });
  return {
    index,
    errorCode,
    baseOffset,
    logAppendTimeMs,
    logStartOffset,
    recordErrors,
    errorMessage,
    currentLeader,
  };
}

function writePartitionProduceResponse(w: WireWriter, o: PartitionProduceResponse, v: number): void {
  w.int32(o.index);
  w.int16(o.errorCode);
  w.int64(o.baseOffset);
  w.int64(o.logAppendTimeMs ?? -1);
  if (v >= 5) w.int64(o.logStartOffset ?? -1);
  if (v >= 8) w.array(o.recordErrors ?? [], writeBatchIndexAndErrorMessage, v);
  if (v >= 8) w.nullableString(o.errorMessage ?? null);
  w.tags([
    v >= 10 && isSet(o.currentLeader, null) && [0, (t) => writeLeaderIdAndEpoch(t, o.currentLeader!, v)],
  ]);
}

interface TopicProduceResponse {
  readonly name?: string;
  readonly partitionResponses: readonly PartitionProduceResponse[];
}

function readTopicProduceResponse(r: WireReader, v: number): Whole<TopicProduceResponse> {
  const name = r.string();
  const partitionResponses = r.array(readPartitionProduceResponse, v);
  r.skipTags();
  return { name, partitionResponses };
}

function writeTopicProduceResponse(w: WireWriter, o: TopicProduceResponse, v: number): void {
  w.string(o.name ?? '');
  w.array(o.partitionResponses, writePartitionProduceResponse, v);
  w.noTags();
}

interface NodeEndpoint {
  readonly nodeId: number;
  readonly host: string;
  readonly port: number;
  readonly rack?: string | null;
}

function readNodeEndpoint(r: WireReader, _v: number): Whole<NodeEndpoint> {
  const nodeId = r.int32();
  const host = r.string();
  const port = r.int32();
  const rack = r.nullableString();
  r.skipTags();
  return { nodeId, host, port, rack };
}

function writeNodeEndpoint(w: WireWriter, o: NodeEndpoint, _v: number): void {
  w.int32(o.nodeId);
  w.string(o.host);
  w.int32(o.port);
  w.nullableString(o.rack ?? null);
  w.noTags();
}

export interface ProduceResponse {
  readonly responses: readonly TopicProduceResponse[];
  readonly throttleTimeMs?: number;
  readonly nodeEndpoints?: readonly NodeEndpoint[];
}

function readProduceResponse(r: WireReader, v: number): Whole<ProduceResponse> {
  const responses = r.array(readTopicProduceResponse, v);
  const throttleTimeMs = r.int32();
  let nodeEndpoints: Whole<readonly NodeEndpoint[]> = [];
  r.tags((tag) => {
    switch (tag) {
      case 0:
        nodeEndpoints = r.array(readNodeEndpoint, v);
        break;
      default:
    }
  });
  return { responses, throttleTimeMs, nodeEndpoints };
}

function writeProduceResponse(w: WireWriter, o: ProduceResponse, v: number): void {
  w.array(o.responses, writeTopicProduceResponse, v);
  w.int32(o.throttleTimeMs ?? 0);
  w.tags([
    v >= 10 && isSet(o.nodeEndpoints, []) && [0, (t) => t.array(o.nodeEndpoints!, writeNodeEndpoint, v)],
  ]);
}

export const produceApi: WireApi<ProduceRequest, ProduceResponse> = {
  key: 0,
  name: 'Produce',
  minVersion: 3,
  maxVersion: 11,
  flexibleFrom: 9,
  request: { read: readProduceRequest, write: writeProduceRequest },
  response: { read: readProduceResponse, write: writeProduceResponse },
};
