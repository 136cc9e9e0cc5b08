// Generated from Apache Kafka's message definitions by tools/kafka-messages: see NOTICE. Not to be edited.
import { type Whole, type WireApi, type WireReader, type WireWriter } from '../../wire/index.ts';

interface OffsetCommitRequestPartition {
  readonly partitionIndex: number;
  readonly committedOffset: number;
  readonly committedLeaderEpoch?: number;
  readonly committedMetadata: string | null;
}

function readOffsetCommitRequestPartition(r: WireReader, v: number): Whole<OffsetCommitRequestPartition> {
  const partitionIndex = r.int32();
  const committedOffset = r.int64();
  const committedLeaderEpoch = v >= 6 ? r.int32() : -1;
  const committedMetadata = r.nullableString();
  r.skipTags();
  return { partitionIndex, committedOffset, committedLeaderEpoch, committedMetadata };
}

function writeOffsetCommitRequestPartition(w: WireWriter, o: OffsetCommitRequestPartition, v: number): void {
  w.int32(o.partitionIndex);
  w.int64(o.committedOffset);
  if (v >= 6) w.int32(o.committedLeaderEpoch ?? -1);
  w.nullableString(o.committedMetadata);
  w.noTags();
}

interface OffsetCommitRequestTopic {
  readonly name?: string;
  readonly partitions: readonly OffsetCommitRequestPartition[];
}

function readOffsetCommitRequestTopic(r: WireReader, v: number): Whole<OffsetCommitRequestTopic> {
  const name = r.string();
  const partitions = r.array(readOffsetCommitRequestPartition, v);
  r.skipTags();
  return { name, partitions };
}

function writeOffsetCommitRequestTopic(w: WireWriter, o: OffsetCommitRequestTopic, v: number): void {
  w.string(o.name ?? '');
  w.array(o.partitions, writeOffsetCommitRequestPartition, v);
  w.noTags();
}

export interface OffsetCommitRequest {
  readonly groupId: string;
  readonly generationIdOrMemberEpoch?: number;
  readonly memberId?: string;
  readonly groupInstanceId?: string | null;
  readonly retentionTimeMs?: number;
  readonly topics: readonly OffsetCommitRequestTopic[];
}

function readOffsetCommitRequest(r: WireReader, v: number): Whole<OffsetCommitRequest> {
  const groupId = r.string();
  const generationIdOrMemberEpoch = r.int32();
  const memberId = r.string();
  const groupInstanceId = v >= 7 ? r.nullableString() : null;
  const retentionTimeMs = v <= 4 ? r.int64() : -1;
  const topics = r.array(readOffsetCommitRequestTopic, v);
  r.skipTags();
  return { groupId, generationIdOrMemberEpoch, memberId, groupInstanceId, retentionTimeMs, topics };
}

function writeOffsetCommitRequest(w: WireWriter, o: OffsetCommitRequest, v: number): void {
  w.string(o.groupId);
  w.int32(o.generationIdOrMemberEpoch ?? -1);
  w.string(o.memberId ?? '');
  if (v >= 7) w.nullableString(o.groupInstanceId ?? null);
  else w.absent('OffsetCommitRequest.groupInstanceId', o.groupInstanceId, null, v);
  if (v <= 4) w.int64(o.retentionTimeMs ?? -1);
  w.array(o.topics, writeOffsetCommitRequestTopic, v);
  w.noTags();
}

interface OffsetCommitResponsePartition {
  readonly partitionIndex: number;
  readonly errorCode: number;
}

function readOffsetCommitResponsePartition(r: WireReader, _v: number): Whole<OffsetCommitResponsePartition> {
  const partitionIndex = r.int32();
  const errorCode = r.int16();
  r.skipTags();
  return { partitionIndex, errorCode };
}

function writeOffsetCommitResponsePartition(
  w: WireWriter,
  o: OffsetCommitResponsePartition,
  _v: number,
): void {
  w.int32(o.partitionIndex);
  w.int16(o.errorCode);
  w.noTags();
}

interface OffsetCommitResponseTopic {
  readonly name?: string;
  readonly partitions: readonly OffsetCommitResponsePartition[];
}

function readOffsetCommitResponseTopic(r: WireReader, v: number): Whole<OffsetCommitResponseTopic> {
  const name = r.string();
  const partitions = r.array(readOffsetCommitResponsePartition, v);
  r.skipTags();
  return { name, partitions };
}

function writeOffsetCommitResponseTopic(w: WireWriter, o: OffsetCommitResponseTopic, v: number): void {
  w.string(o.name ?? '');
  w.array(o.partitions, writeOffsetCommitResponsePartition, v);
  w.noTags();
}

export interface OffsetCommitResponse {
  readonly throttleTimeMs?: number;
  readonly topics: readonly OffsetCommitResponseTopic[];
}

function readOffsetCommitResponse(r: WireReader, v: number): Whole<OffsetCommitResponse> {
  const throttleTimeMs = v >= 3 ? r.int32() : 0;
  const topics = r.array(readOffsetCommitResponseTopic, v);
  r.skipTags();
  return { throttleTimeMs, topics };
}

function writeOffsetCommitResponse(w: WireWriter, o: OffsetCommitResponse, v: number): void {
  if (v >= 3) w.int32(o.throttleTimeMs ?? 0);
  w.array(o.topics, writeOffsetCommitResponseTopic, v);
  w.noTags();
}

export const offsetCommitApi: WireApi<OffsetCommitRequest, OffsetCommitResponse> = {
  key: 8,
  name: 'OffsetCommit',
  minVersion: 2,
  maxVersion: 9,
  flexibleFrom: 8,
  request: { read: readOffsetCommitRequest, write: writeOffsetCommitRequest },
  response: { read: readOffsetCommitResponse, write: writeOffsetCommitResponse },
};
