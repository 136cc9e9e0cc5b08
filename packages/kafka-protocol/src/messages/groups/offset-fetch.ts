// Generated from Apache Kafka's message definitions by tools/kafka-messages: see NOTICE. Not to be edited.
import * as element from '../../wire/elements.ts';
import { type Whole, type WireApi, type WireReader, type WireWriter } from '../../wire/index.ts';

interface OffsetFetchRequestTopic {
  readonly name: string;
  readonly partitionIndexes: readonly number[];
}

function readOffsetFetchRequestTopic(r: WireReader, v: number): Whole<OffsetFetchRequestTopic> {
  const name = r.string();
  const partitionIndexes = r.array(element.getInt32, v);
  r.skipTags();
  return { name, partitionIndexes };
}

function writeOffsetFetchRequestTopic(w: WireWriter, o: OffsetFetchRequestTopic, v: number): void {
  w.string(o.name);
  w.array(o.partitionIndexes, element.putInt32, v);
  w.noTags();
}

interface OffsetFetchRequestTopics {
  readonly name?: string;
  readonly partitionIndexes: readonly number[];
}

function readOffsetFetchRequestTopics(r: WireReader, v: number): Whole<OffsetFetchRequestTopics> {
  const name = r.string();
  const partitionIndexes = r.array(element.getInt32, v);
  r.skipTags();
  return { name, partitionIndexes };
}

function writeOffsetFetchRequestTopics(w: WireWriter, o: OffsetFetchRequestTopics, v: number): void {
  w.string(o.name ?? '');
  w.array(o.partitionIndexes, element.putInt32, v);
  w.noTags();
}

interface OffsetFetchRequestGroup {
  readonly groupId: string;
  readonly memberId?: string | null;
  readonly memberEpoch?: number;
  readonly topics: readonly OffsetFetchRequestTopics[] | null;
}

function readOffsetFetchRequestGroup(r: WireReader, v: number): Whole<OffsetFetchRequestGroup> {
  const groupId = r.string();
  const memberId = v >= 9 ? r.nullableString() : null;
  const memberEpoch = v >= 9 ? r.int32() : -1;
  const topics = r.nullableArray(readOffsetFetchRequestTopics, v);
  r.skipTags();
  return { groupId, memberId, memberEpoch, topics };
}

function writeOffsetFetchRequestGroup(w: WireWriter, o: OffsetFetchRequestGroup, v: number): void {
  w.string(o.groupId);
  if (v >= 9) w.nullableString(o.memberId ?? null);
  if (v >= 9) w.int32(o.memberEpoch ?? -1);
  w.nullableArray(o.topics, writeOffsetFetchRequestTopics, v);
  w.noTags();
}

export interface OffsetFetchRequest {
  readonly groupId?: string;
  readonly topics?: readonly OffsetFetchRequestTopic[] | null;
  readonly groups?: readonly OffsetFetchRequestGroup[];
  readonly requireStable?: boolean;
}

function readOffsetFetchRequest(r: WireReader, v: number): Whole<OffsetFetchRequest> {
  const groupId = v <= 7 ? r.string() : '';
  const topics = v <= 7 ? r.nullableArray(readOffsetFetchRequestTopic, v) : [];
  const groups = v >= 8 ? r.array(readOffsetFetchRequestGroup, v) : [];
  const requireStable = v >= 7 ? r.bool() : false;
  r.skipTags();
  return { groupId, topics, groups, requireStable };
}

function writeOffsetFetchRequest(w: WireWriter, o: OffsetFetchRequest, v: number): void {
  if (v <= 7) w.string(o.groupId ?? '');
  else w.absent('OffsetFetchRequest.groupId', o.groupId, '', v);
  if (v <= 7) w.nullableArray(o.topics === undefined ? [] : o.topics, writeOffsetFetchRequestTopic, v);
  else w.absent('OffsetFetchRequest.topics', o.topics, [], v);
  if (v >= 8) w.array(o.groups ?? [], writeOffsetFetchRequestGroup, v);
  else w.absent('OffsetFetchRequest.groups', o.groups, [], v);
  if (v >= 7) w.bool(o.requireStable ?? false);
  else w.absent('OffsetFetchRequest.requireStable', o.requireStable, false, v);
  w.noTags();
}

interface OffsetFetchResponsePartition {
  readonly partitionIndex: number;
  readonly committedOffset: number;
  readonly committedLeaderEpoch?: number;
  readonly metadata: string | null;
  readonly errorCode: number;
}

function readOffsetFetchResponsePartition(r: WireReader, v: number): Whole<OffsetFetchResponsePartition> {
  const partitionIndex = r.int32();
  const committedOffset = r.int64();
  const committedLeaderEpoch = v >= 5 ? r.int32() : -1;
  const metadata = r.nullableString();
  const errorCode = r.int16();
  r.skipTags();
  return { partitionIndex, committedOffset, committedLeaderEpoch, metadata, errorCode };
}

function writeOffsetFetchResponsePartition(w: WireWriter, o: OffsetFetchResponsePartition, v: number): void {
  w.int32(o.partitionIndex);
  w.int64(o.committedOffset);
  if (v >= 5) w.int32(o.committedLeaderEpoch ?? -1);
  w.nullableString(o.metadata);
  w.int16(o.errorCode);
  w.noTags();
}

interface OffsetFetchResponseTopic {
  readonly name: string;
  readonly partitions: readonly OffsetFetchResponsePartition[];
}

function readOffsetFetchResponseTopic(r: WireReader, v: number): Whole<OffsetFetchResponseTopic> {
  const name = r.string();
  const partitions = r.array(readOffsetFetchResponsePartition, v);
  r.skipTags();
  return { name, partitions };
}

function writeOffsetFetchResponseTopic(w: WireWriter, o: OffsetFetchResponseTopic, v: number): void {
  w.string(o.name);
  w.array(o.partitions, writeOffsetFetchResponsePartition, v);
  w.noTags();
}

interface OffsetFetchResponsePartitions {
  readonly partitionIndex: number;
  readonly committedOffset: number;
  readonly committedLeaderEpoch?: number;
  readonly metadata: string | null;
  readonly errorCode: number;
}

function readOffsetFetchResponsePartitions(r: WireReader, _v: number): Whole<OffsetFetchResponsePartitions> {
  const partitionIndex = r.int32();
  const committedOffset = r.int64();
  const committedLeaderEpoch = r.int32();
  const metadata = r.nullableString();
  const errorCode = r.int16();
  r.skipTags();
  return { partitionIndex, committedOffset, committedLeaderEpoch, metadata, errorCode };
}

function writeOffsetFetchResponsePartitions(
  w: WireWriter,
  o: OffsetFetchResponsePartitions,
  _v: number,
): void {
  w.int32(o.partitionIndex);
  w.int64(o.committedOffset);
  w.int32(o.committedLeaderEpoch ?? -1);
  w.nullableString(o.metadata);
  w.int16(o.errorCode);
  w.noTags();
}

interface OffsetFetchResponseTopics {
  readonly name?: string;
  readonly partitions: readonly OffsetFetchResponsePartitions[];
}

function readOffsetFetchResponseTopics(r: WireReader, v: number): Whole<OffsetFetchResponseTopics> {
  const name = r.string();
  const partitions = r.array(readOffsetFetchResponsePartitions, v);
  r.skipTags();
  return { name, partitions };
}

function writeOffsetFetchResponseTopics(w: WireWriter, o: OffsetFetchResponseTopics, v: number): void {
  w.string(o.name ?? '');
  w.array(o.partitions, writeOffsetFetchResponsePartitions, v);
  w.noTags();
}

interface OffsetFetchResponseGroup {
  readonly groupId: string;
  readonly topics: readonly OffsetFetchResponseTopics[];
  readonly errorCode?: number;
}

function readOffsetFetchResponseGroup(r: WireReader, v: number): Whole<OffsetFetchResponseGroup> {
  const groupId = r.string();
  const topics = r.array(readOffsetFetchResponseTopics, v);
  const errorCode = r.int16();
  r.skipTags();
  return { groupId, topics, errorCode };
}

function writeOffsetFetchResponseGroup(w: WireWriter, o: OffsetFetchResponseGroup, v: number): void {
  w.string(o.groupId);
  w.array(o.topics, writeOffsetFetchResponseTopics, v);
  w.int16(o.errorCode ?? 0);
  w.noTags();
}

export interface OffsetFetchResponse {
  readonly throttleTimeMs?: number;
  readonly topics?: readonly OffsetFetchResponseTopic[];
  readonly errorCode?: number;
  readonly groups?: readonly OffsetFetchResponseGroup[];
}

function readOffsetFetchResponse(r: WireReader, v: number): Whole<OffsetFetchResponse> {
  const throttleTimeMs = v >= 3 ? r.int32() : 0;
  const topics = v <= 7 ? r.array(readOffsetFetchResponseTopic, v) : [];
  const errorCode = v >= 2 && v <= 7 ? r.int16() : 0;
  const groups = v >= 8 ? r.array(readOffsetFetchResponseGroup, v) : [];
  r.skipTags();
  return { throttleTimeMs, topics, errorCode, groups };
}

function writeOffsetFetchResponse(w: WireWriter, o: OffsetFetchResponse, v: number): void {
  if (v >= 3) w.int32(o.throttleTimeMs ?? 0);
  if (v <= 7) w.array(o.topics ?? [], writeOffsetFetchResponseTopic, v);
  else w.absent('OffsetFetchResponse.topics', o.topics, [], v);
  if (v >= 2 && v <= 7) w.int16(o.errorCode ?? 0);
  if (v >= 8) w.array(o.groups ?? [], writeOffsetFetchResponseGroup, v);
  else w.absent('OffsetFetchResponse.groups', o.groups, [], v);
  w.noTags();
}

export const offsetFetchApi: WireApi<OffsetFetchRequest, OffsetFetchResponse> = {
  key: 9,
  name: 'OffsetFetch',
  minVersion: 1,
  maxVersion: 9,
  flexibleFrom: 6,
  request: { read: readOffsetFetchRequest, write: writeOffsetFetchRequest },
  response: { read: readOffsetFetchResponse, write: writeOffsetFetchResponse },
};
