// Generated from Apache Kafka's message definitions by tools/kafka-messages: see NOTICE. Not to be edited.
import { type Whole, type WireApi, type WireReader, type WireWriter } from '../../wire/index.ts';

interface DeleteRecordsPartition {
  readonly partitionIndex: number;
  readonly offset: number;
}

function readDeleteRecordsPartition(r: WireReader, _v: number): Whole<DeleteRecordsPartition> {
  const partitionIndex = r.int32();
  const offset = r.int64();
  r.skipTags();
  return { partitionIndex, offset };
}

function writeDeleteRecordsPartition(w: WireWriter, o: DeleteRecordsPartition, _v: number): void {
  w.int32(o.partitionIndex);
  w.int64(o.offset);
  w.noTags();
}

interface DeleteRecordsTopic {
  readonly name: string;
  readonly partitions: readonly DeleteRecordsPartition[];
}

function readDeleteRecordsTopic(r: WireReader, v: number): Whole<DeleteRecordsTopic> {
  const name = r.string();
  const partitions = r.array(readDeleteRecordsPartition, v);
  r.skipTags();
  return { name, partitions };
}

function writeDeleteRecordsTopic(w: WireWriter, o: DeleteRecordsTopic, v: number): void {
  w.string(o.name);
  w.array(o.partitions, writeDeleteRecordsPartition, v);
  w.noTags();
}

export interface DeleteRecordsRequest {
  readonly topics: readonly DeleteRecordsTopic[];
  readonly timeoutMs: number;
}

function readDeleteRecordsRequest(r: WireReader, v: number): Whole<DeleteRecordsRequest> {
  const topics = r.array(readDeleteRecordsTopic, v);
  const timeoutMs = r.int32();
  r.skipTags();
  return { topics, timeoutMs };
}

function writeDeleteRecordsRequest(w: WireWriter, o: DeleteRecordsRequest, v: number): void {
  w.array(o.topics, writeDeleteRecordsTopic, v);
  w.int32(o.timeoutMs);
  w.noTags();
}

interface DeleteRecordsPartitionResult {
  readonly partitionIndex: number;
  readonly lowWatermark: number;
  readonly errorCode: number;
}

function readDeleteRecordsPartitionResult(r: WireReader, _v: number): Whole<DeleteRecordsPartitionResult> {
  const partitionIndex = r.int32();
  const lowWatermark = r.int64();
  const errorCode = r.int16();
  r.skipTags();
  return { partitionIndex, lowWatermark, errorCode };
}

function writeDeleteRecordsPartitionResult(w: WireWriter, o: DeleteRecordsPartitionResult, _v: number): void {
  w.int32(o.partitionIndex);
  w.int64(o.lowWatermark);
  w.int16(o.errorCode);
  w.noTags();
}

interface DeleteRecordsTopicResult {
  readonly name: string;
  readonly partitions: readonly DeleteRecordsPartitionResult[];
}

function readDeleteRecordsTopicResult(r: WireReader, v: number): Whole<DeleteRecordsTopicResult> {
  const name = r.string();
  const partitions = r.array(readDeleteRecordsPartitionResult, v);
  r.skipTags();
  return { name, partitions };
}

function writeDeleteRecordsTopicResult(w: WireWriter, o: DeleteRecordsTopicResult, v: number): void {
  w.string(o.name);
  w.array(o.partitions, writeDeleteRecordsPartitionResult, v);
  w.noTags();
}

export interface DeleteRecordsResponse {
  readonly throttleTimeMs?: number;
  readonly topics: readonly DeleteRecordsTopicResult[];
}

function readDeleteRecordsResponse(r: WireReader, v: number): Whole<DeleteRecordsResponse> {
  const throttleTimeMs = r.int32();
  const topics = r.array(readDeleteRecordsTopicResult, v);
  r.skipTags();
  return { throttleTimeMs, topics };
}

function writeDeleteRecordsResponse(w: WireWriter, o: DeleteRecordsResponse, v: number): void {
  w.int32(o.throttleTimeMs ?? 0);
  w.array(o.topics, writeDeleteRecordsTopicResult, v);
  w.noTags();
}

export const deleteRecordsApi: WireApi<DeleteRecordsRequest, DeleteRecordsResponse> = {
  key: 21,
  name: 'DeleteRecords',
  minVersion: 0,
  maxVersion: 2,
  flexibleFrom: 2,
  request: { read: readDeleteRecordsRequest, write: writeDeleteRecordsRequest },
  response: { read: readDeleteRecordsResponse, write: writeDeleteRecordsResponse },
};
