// Generated from Apache Kafka's message definitions by tools/kafka-messages: see NOTICE. Not to be edited.
import { type Whole, type WireApi, type WireReader, type WireWriter } from '../../wire/index.ts';

interface OffsetDeleteRequestPartition {
  readonly partitionIndex: number;
}

function readOffsetDeleteRequestPartition(r: WireReader, _v: number): Whole<OffsetDeleteRequestPartition> {
  const partitionIndex = r.int32();
  return { partitionIndex };
}

function writeOffsetDeleteRequestPartition(w: WireWriter, o: OffsetDeleteRequestPartition, _v: number): void {
  w.int32(o.partitionIndex);
}

interface OffsetDeleteRequestTopic {
  readonly name: string;
  readonly partitions: readonly OffsetDeleteRequestPartition[];
}

function readOffsetDeleteRequestTopic(r: WireReader, v: number): Whole<OffsetDeleteRequestTopic> {
  const name = r.string();
  const partitions = r.array(readOffsetDeleteRequestPartition, v);
  return { name, partitions };
}

function writeOffsetDeleteRequestTopic(w: WireWriter, o: OffsetDeleteRequestTopic, v: number): void {
  w.string(o.name);
  w.array(o.partitions, writeOffsetDeleteRequestPartition, v);
}

export interface OffsetDeleteRequest {
  readonly groupId: string;
  readonly topics: readonly OffsetDeleteRequestTopic[];
}

function readOffsetDeleteRequest(r: WireReader, v: number): Whole<OffsetDeleteRequest> {
  const groupId = r.string();
  const topics = r.array(readOffsetDeleteRequestTopic, v);
  return { groupId, topics };
}

function writeOffsetDeleteRequest(w: WireWriter, o: OffsetDeleteRequest, v: number): void {
  w.string(o.groupId);
  w.array(o.topics, writeOffsetDeleteRequestTopic, v);
}

interface OffsetDeleteResponsePartition {
  readonly partitionIndex: number;
  readonly errorCode: number;
}

function readOffsetDeleteResponsePartition(r: WireReader, _v: number): Whole<OffsetDeleteResponsePartition> {
  const partitionIndex = r.int32();
  const errorCode = r.int16();
  return { partitionIndex, errorCode };
}

function writeOffsetDeleteResponsePartition(
  w: WireWriter,
  o: OffsetDeleteResponsePartition,
  _v: number,
): void {
  w.int32(o.partitionIndex);
  w.int16(o.errorCode);
}

interface OffsetDeleteResponseTopic {
  readonly name: string;
  readonly partitions: readonly OffsetDeleteResponsePartition[];
}

function readOffsetDeleteResponseTopic(r: WireReader, v: number): Whole<OffsetDeleteResponseTopic> {
  const name = r.string();
  const partitions = r.array(readOffsetDeleteResponsePartition, v);
  return { name, partitions };
}

function writeOffsetDeleteResponseTopic(w: WireWriter, o: OffsetDeleteResponseTopic, v: number): void {
  w.string(o.name);
  w.array(o.partitions, writeOffsetDeleteResponsePartition, v);
}

export interface OffsetDeleteResponse {
  readonly errorCode: number;
  readonly throttleTimeMs?: number;
  readonly topics: readonly OffsetDeleteResponseTopic[];
}

function readOffsetDeleteResponse(r: WireReader, v: number): Whole<OffsetDeleteResponse> {
  const errorCode = r.int16();
  const throttleTimeMs = r.int32();
  const topics = r.array(readOffsetDeleteResponseTopic, v);
  return { errorCode, throttleTimeMs, topics };
}

function writeOffsetDeleteResponse(w: WireWriter, o: OffsetDeleteResponse, v: number): void {
  w.int16(o.errorCode);
  w.int32(o.throttleTimeMs ?? 0);
  w.array(o.topics, writeOffsetDeleteResponseTopic, v);
}

export const offsetDeleteApi: WireApi<OffsetDeleteRequest, OffsetDeleteResponse> = {
  key: 47,
  name: 'OffsetDelete',
  minVersion: 0,
  maxVersion: 0,
  flexibleFrom: Number.POSITIVE_INFINITY,
  request: { read: readOffsetDeleteRequest, write: writeOffsetDeleteRequest },
  response: { read: readOffsetDeleteResponse, write: writeOffsetDeleteResponse },
};
