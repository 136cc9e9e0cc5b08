// Generated from Apache Kafka's message definitions by tools/kafka-messages: see NOTICE. Not to be edited.
import * as element from '../../wire/elements.ts';
import { type Whole, type WireApi, type WireReader, type WireWriter } from '../../wire/index.ts';

interface TopicRequest {
  readonly name: string;
  readonly partitionIndexes: readonly number[];
}

function readTopicRequest(r: WireReader, v: number): Whole<TopicRequest> {
  const name = r.string();
  const partitionIndexes = r.array(element.getInt32, v);
  r.skipTags();
  return { name, partitionIndexes };
}

function writeTopicRequest(w: WireWriter, o: TopicRequest, v: number): void {
  w.string(o.name);
  w.array(o.partitionIndexes, element.putInt32, v);
  w.noTags();
}

export interface DescribeProducersRequest {
  readonly topics: readonly TopicRequest[];
}

function readDescribeProducersRequest(r: WireReader, v: number): Whole<DescribeProducersRequest> {
  const topics = r.array(readTopicRequest, v);
  r.skipTags();
  return { topics };
}

function writeDescribeProducersRequest(w: WireWriter, o: DescribeProducersRequest, v: number): void {
  w.array(o.topics, writeTopicRequest, v);
  w.noTags();
}

interface ProducerState {
  readonly producerId: number;
  readonly producerEpoch: number;
  readonly lastSequence?: number;
  readonly lastTimestamp?: number;
  readonly coordinatorEpoch: number;
  readonly currentTxnStartOffset?: number;
}

function readProducerState(r: WireReader, _v: number): Whole<ProducerState> {
  const producerId = r.int64();
  const producerEpoch = r.int32();
  const lastSequence = r.int32();
  const lastTimestamp = r.int64();
  const coordinatorEpoch = r.int32();
  const currentTxnStartOffset = r.int64();
  r.skipTags();
  return { producerId, producerEpoch, lastSequence, lastTimestamp, coordinatorEpoch, currentTxnStartOffset };
}

function writeProducerState(w: WireWriter, o: ProducerState, _v: number): void {
  w.int64(o.producerId);
  w.int32(o.producerEpoch);
  w.int32(o.lastSequence ?? -1);
  w.int64(o.lastTimestamp ?? -1);
  w.int32(o.coordinatorEpoch);
  w.int64(o.currentTxnStartOffset ?? -1);
  w.noTags();
}

interface PartitionResponse {
  readonly partitionIndex: number;
  readonly errorCode: number;
  readonly errorMessage?: string | null;
  readonly activeProducers: readonly ProducerState[];
}

function readPartitionResponse(r: WireReader, v: number): Whole<PartitionResponse> {
  const partitionIndex = r.int32();
  const errorCode = r.int16();
  const errorMessage = r.nullableString();
  const activeProducers = r.array(readProducerState, v);
  r.skipTags();
  return { partitionIndex, errorCode, errorMessage, activeProducers };
}

function writePartitionResponse(w: WireWriter, o: PartitionResponse, v: number): void {
  w.int32(o.partitionIndex);
  w.int16(o.errorCode);
  w.nullableString(o.errorMessage ?? null);
  w.array(o.activeProducers, writeProducerState, v);
  w.noTags();
}

interface TopicResponse {
  readonly name: string;
  readonly partitions: readonly PartitionResponse[];
}

function readTopicResponse(r: WireReader, v: number): Whole<TopicResponse> {
  const name = r.string();
  const partitions = r.array(readPartitionResponse, v);
  r.skipTags();
  return { name, partitions };
}

function writeTopicResponse(w: WireWriter, o: TopicResponse, v: number): void {
  w.string(o.name);
  w.array(o.partitions, writePartitionResponse, v);
  w.noTags();
}

export interface DescribeProducersResponse {
  readonly throttleTimeMs?: number;
  readonly topics: readonly TopicResponse[];
}

function readDescribeProducersResponse(r: WireReader, v: number): Whole<DescribeProducersResponse> {
  const throttleTimeMs = r.int32();
  const topics = r.array(readTopicResponse, v);
  r.skipTags();
  return { throttleTimeMs, topics };
}

function writeDescribeProducersResponse(w: WireWriter, o: DescribeProducersResponse, v: number): void {
  w.int32(o.throttleTimeMs ?? 0);
  w.array(o.topics, writeTopicResponse, v);
  w.noTags();
}

export const describeProducersApi: WireApi<DescribeProducersRequest, DescribeProducersResponse> = {
  key: 61,
  name: 'DescribeProducers',
  minVersion: 0,
  maxVersion: 0,
  flexibleFrom: 0,
  request: { read: readDescribeProducersRequest, write: writeDescribeProducersRequest },
  response: { read: readDescribeProducersResponse, write: writeDescribeProducersResponse },
};
