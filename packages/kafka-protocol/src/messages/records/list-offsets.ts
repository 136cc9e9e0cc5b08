// Generated from Apache Kafka's message definitions by tools/kafka-messages: see NOTICE. Not to be edited.
import { type Whole, type WireApi, type WireReader, type WireWriter } from '../../wire/index.ts';

interface ListOffsetsPartition {
  readonly partitionIndex: number;
  readonly currentLeaderEpoch?: number;
  readonly timestamp: number;
}

function readListOffsetsPartition(r: WireReader, v: number): Whole<ListOffsetsPartition> {
  const partitionIndex = r.int32();
  const currentLeaderEpoch = v >= 4 ? r.int32() : -1;
  const timestamp = r.int64();
  r.skipTags();
  return { partitionIndex, currentLeaderEpoch, timestamp };
}

function writeListOffsetsPartition(w: WireWriter, o: ListOffsetsPartition, v: number): void {
  w.int32(o.partitionIndex);
  if (v >= 4) w.int32(o.currentLeaderEpoch ?? -1);
  w.int64(o.timestamp);
  w.noTags();
}

interface ListOffsetsTopic {
  readonly name: string;
  readonly partitions: readonly ListOffsetsPartition[];
}

function readListOffsetsTopic(r: WireReader, v: number): Whole<ListOffsetsTopic> {
  const name = r.string();
  const partitions = r.array(readListOffsetsPartition, v);
  r.skipTags();
  return { name, partitions };
}

function writeListOffsetsTopic(w: WireWriter, o: ListOffsetsTopic, v: number): void {
  w.string(o.name);
  w.array(o.partitions, writeListOffsetsPartition, v);
  w.noTags();
}

export interface ListOffsetsRequest {
  readonly replicaId: number;
  readonly isolationLevel?: number;
  readonly topics: readonly ListOffsetsTopic[];
}

function readListOffsetsRequest(r: WireReader, v: number): Whole<ListOffsetsRequest> {
  const replicaId = r.int32();
  const isolationLevel = v >= 2 ? r.int8() : 0;
  const topics = r.array(readListOffsetsTopic, v);
  r.skipTags();
  return { replicaId, isolationLevel, topics };
}

function writeListOffsetsRequest(w: WireWriter, o: ListOffsetsRequest, v: number): void {
  w.int32(o.replicaId);
  if (v >= 2) w.int8(o.isolationLevel ?? 0);
  else w.absent('ListOffsetsRequest.isolationLevel', o.isolationLevel, 0, v);
  w.array(o.topics, writeListOffsetsTopic, v);
  w.noTags();
}

interface ListOffsetsPartitionResponse {
  readonly partitionIndex: number;
  readonly errorCode: number;
  readonly timestamp?: number;
  readonly offset?: number;
  readonly leaderEpoch?: number;
}

function readListOffsetsPartitionResponse(r: WireReader, v: number): Whole<ListOffsetsPartitionResponse> {
  const partitionIndex = r.int32();
  const errorCode = r.int16();
  const timestamp = r.int64();
  const offset = r.int64();
  const leaderEpoch = v >= 4 ? r.int32() : -1;
  r.skipTags();
  return { partitionIndex, errorCode, timestamp, offset, leaderEpoch };
}

function writeListOffsetsPartitionResponse(w: WireWriter, o: ListOffsetsPartitionResponse, v: number): void {
  w.int32(o.partitionIndex);
  w.int16(o.errorCode);
  w.int64(o.timestamp ?? -1);
  w.int64(o.offset ?? -1);
  if (v >= 4) w.int32(o.leaderEpoch ?? -1);
  else w.absent('ListOffsetsPartitionResponse.leaderEpoch', o.leaderEpoch, -1, v);
  w.noTags();
}

interface ListOffsetsTopicResponse {
  readonly name: string;
  readonly partitions: readonly ListOffsetsPartitionResponse[];
}

function readListOffsetsTopicResponse(r: WireReader, v: number): Whole<ListOffsetsTopicResponse> {
  const name = r.string();
  const partitions = r.array(readListOffsetsPartitionResponse, v);
  r.skipTags();
  return { name, partitions };
}

function writeListOffsetsTopicResponse(w: WireWriter, o: ListOffsetsTopicResponse, v: number): void {
  w.string(o.name);
  w.array(o.partitions, writeListOffsetsPartitionResponse, v);
  w.noTags();
}

export interface ListOffsetsResponse {
  readonly throttleTimeMs?: number;
  readonly topics: readonly ListOffsetsTopicResponse[];
}

function readListOffsetsResponse(r: WireReader, v: number): Whole<ListOffsetsResponse> {
  const throttleTimeMs = v >= 2 ? r.int32() : 0;
  const topics = r.array(readListOffsetsTopicResponse, v);
  r.skipTags();
  return { throttleTimeMs, topics };
}

function writeListOffsetsResponse(w: WireWriter, o: ListOffsetsResponse, v: number): void {
  if (v >= 2) w.int32(o.throttleTimeMs ?? 0);
  w.array(o.topics, writeListOffsetsTopicResponse, v);
  w.noTags();
}

export const listOffsetsApi: WireApi<ListOffsetsRequest, ListOffsetsResponse> = {
  key: 2,
  name: 'ListOffsets',
  minVersion: 1,
  maxVersion: 9,
  flexibleFrom: 6,
  request: { read: readListOffsetsRequest, write: writeListOffsetsRequest },
  response: { read: readListOffsetsResponse, write: writeListOffsetsResponse },
};
