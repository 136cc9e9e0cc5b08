// Generated from Apache Kafka's message definitions by tools/kafka-messages: see NOTICE. Not to be edited.
import { type Whole, type WireApi, type WireReader, type WireWriter } from '../../wire/index.ts';

interface OffsetForLeaderPartition {
  readonly partition: number;
  readonly currentLeaderEpoch?: number;
  readonly leaderEpoch: number;
}

function readOffsetForLeaderPartition(r: WireReader, _v: number): Whole<OffsetForLeaderPartition> {
  const partition = r.int32();
  const currentLeaderEpoch = r.int32();
  const leaderEpoch = r.int32();
  r.skipTags();
  return { partition, currentLeaderEpoch, leaderEpoch };
}

function writeOffsetForLeaderPartition(w: WireWriter, o: OffsetForLeaderPartition, _v: number): void {
  w.int32(o.partition);
  w.int32(o.currentLeaderEpoch ?? -1);
  w.int32(o.leaderEpoch);
  w.noTags();
}

interface OffsetForLeaderTopic {
  readonly topic: string;
  readonly partitions: readonly OffsetForLeaderPartition[];
}

function readOffsetForLeaderTopic(r: WireReader, v: number): Whole<OffsetForLeaderTopic> {
  const topic = r.string();
  const partitions = r.array(readOffsetForLeaderPartition, v);
  r.skipTags();
  return { topic, partitions };
}

function writeOffsetForLeaderTopic(w: WireWriter, o: OffsetForLeaderTopic, v: number): void {
  w.string(o.topic);
  w.array(o.partitions, writeOffsetForLeaderPartition, v);
  w.noTags();
}

export interface OffsetForLeaderEpochRequest {
  readonly replicaId?: number;
  readonly topics: readonly OffsetForLeaderTopic[];
}

function readOffsetForLeaderEpochRequest(r: WireReader, v: number): Whole<OffsetForLeaderEpochRequest> {
  const replicaId = v >= 3 ? r.int32() : -2;
  const topics = r.array(readOffsetForLeaderTopic, v);
  r.skipTags();
  return { replicaId, topics };
}

function writeOffsetForLeaderEpochRequest(w: WireWriter, o: OffsetForLeaderEpochRequest, v: number): void {
  if (v >= 3) w.int32(o.replicaId ?? -2);
  w.array(o.topics, writeOffsetForLeaderTopic, v);
  w.noTags();
}

interface EpochEndOffset {
  readonly errorCode: number;
  readonly partition: number;
  readonly leaderEpoch?: number;
  readonly endOffset?: number;
}

function readEpochEndOffset(r: WireReader, _v: number): Whole<EpochEndOffset> {
  const errorCode = r.int16();
  const partition = r.int32();
  const leaderEpoch = r.int32();
  const endOffset = r.int64();
  r.skipTags();
  return { errorCode, partition, leaderEpoch, endOffset };
}

function writeEpochEndOffset(w: WireWriter, o: EpochEndOffset, _v: number): void {
  w.int16(o.errorCode);
  w.int32(o.partition);
  w.int32(o.leaderEpoch ?? -1);
  w.int64(o.endOffset ?? -1);
  w.noTags();
}

interface OffsetForLeaderTopicResult {
  readonly topic: string;
  readonly partitions: readonly EpochEndOffset[];
}

function readOffsetForLeaderTopicResult(r: WireReader, v: number): Whole<OffsetForLeaderTopicResult> {
  const topic = r.string();
  const partitions = r.array(readEpochEndOffset, v);
  r.skipTags();
  return { topic, partitions };
}

function writeOffsetForLeaderTopicResult(w: WireWriter, o: OffsetForLeaderTopicResult, v: number): void {
  w.string(o.topic);
  w.array(o.partitions, writeEpochEndOffset, v);
  w.noTags();
}

export interface OffsetForLeaderEpochResponse {
  readonly throttleTimeMs?: number;
  readonly topics: readonly OffsetForLeaderTopicResult[];
}

function readOffsetForLeaderEpochResponse(r: WireReader, v: number): Whole<OffsetForLeaderEpochResponse> {
  const throttleTimeMs = r.int32();
  const topics = r.array(readOffsetForLeaderTopicResult, v);
  r.skipTags();
  return { throttleTimeMs, topics };
}

function writeOffsetForLeaderEpochResponse(w: WireWriter, o: OffsetForLeaderEpochResponse, v: number): void {
  w.int32(o.throttleTimeMs ?? 0);
  w.array(o.topics, writeOffsetForLeaderTopicResult, v);
  w.noTags();
}

export const offsetForLeaderEpochApi: WireApi<OffsetForLeaderEpochRequest, OffsetForLeaderEpochResponse> = {
  key: 23,
  name: 'OffsetForLeaderEpoch',
  minVersion: 2,
  maxVersion: 4,
  flexibleFrom: 4,
  request: { read: readOffsetForLeaderEpochRequest, write: writeOffsetForLeaderEpochRequest },
  response: { read: readOffsetForLeaderEpochResponse, write: writeOffsetForLeaderEpochResponse },
};
