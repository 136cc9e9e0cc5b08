// Generated from Apache Kafka's message definitions by tools/kafka-messages: see NOTICE. Not to be edited.
import * as element from '../../wire/elements.ts';
import { type Whole, type WireApi, type WireReader, type WireWriter } from '../../wire/index.ts';

interface AddPartitionsToTxnTopic {
  readonly name: string;
  readonly partitions: readonly number[];
}

function readAddPartitionsToTxnTopic(r: WireReader, v: number): Whole<AddPartitionsToTxnTopic> {
  const name = r.string();
  const partitions = r.array(element.getInt32, v);
  r.skipTags();
  return { name, partitions };
}

function writeAddPartitionsToTxnTopic(w: WireWriter, o: AddPartitionsToTxnTopic, v: number): void {
  w.string(o.name);
  w.array(o.partitions, element.putInt32, v);
  w.noTags();
}

export interface AddPartitionsToTxnRequest {
  readonly v3AndBelowTransactionalId: string;
  readonly v3AndBelowProducerId: number;
  readonly v3AndBelowProducerEpoch: number;
  readonly v3AndBelowTopics: readonly AddPartitionsToTxnTopic[];
}

function readAddPartitionsToTxnRequest(r: WireReader, v: number): Whole<AddPartitionsToTxnRequest> {
  const v3AndBelowTransactionalId = r.string();
  const v3AndBelowProducerId = r.int64();
  const v3AndBelowProducerEpoch = r.int16();
  const v3AndBelowTopics = r.array(readAddPartitionsToTxnTopic, v);
  r.skipTags();
  return { v3AndBelowTransactionalId, v3AndBelowProducerId, v3AndBelowProducerEpoch, v3AndBelowTopics };
}

function writeAddPartitionsToTxnRequest(w: WireWriter, o: AddPartitionsToTxnRequest, v: number): void {
  w.string(o.v3AndBelowTransactionalId);
  w.int64(o.v3AndBelowProducerId);
  w.int16(o.v3AndBelowProducerEpoch);
  w.array(o.v3AndBelowTopics, writeAddPartitionsToTxnTopic, v);
  w.noTags();
}

interface AddPartitionsToTxnPartitionResult {
  readonly partitionIndex: number;
  readonly partitionErrorCode: number;
}

function readAddPartitionsToTxnPartitionResult(
  r: WireReader,
  _v: number,
): Whole<AddPartitionsToTxnPartitionResult> {
  const partitionIndex = r.int32();
  const partitionErrorCode = r.int16();
  r.skipTags();
  return { partitionIndex, partitionErrorCode };
}

function writeAddPartitionsToTxnPartitionResult(
  w: WireWriter,
  o: AddPartitionsToTxnPartitionResult,
  _v: number,
): void {
  w.int32(o.partitionIndex);
  w.int16(o.partitionErrorCode);
  w.noTags();
}

interface AddPartitionsToTxnTopicResult {
  readonly name: string;
  readonly resultsByPartition: readonly AddPartitionsToTxnPartitionResult[];
}

function readAddPartitionsToTxnTopicResult(r: WireReader, v: number): Whole<AddPartitionsToTxnTopicResult> {
  const name = r.string();
  const resultsByPartition = r.array(readAddPartitionsToTxnPartitionResult, v);
  r.skipTags();
  return { name, resultsByPartition };
}

function writeAddPartitionsToTxnTopicResult(
  w: WireWriter,
  o: AddPartitionsToTxnTopicResult,
  v: number,
): void {
  w.string(o.name);
  w.array(o.resultsByPartition, writeAddPartitionsToTxnPartitionResult, v);
  w.noTags();
}

export interface AddPartitionsToTxnResponse {
  readonly throttleTimeMs?: number;
  readonly resultsByTopicV3AndBelow: readonly AddPartitionsToTxnTopicResult[];
}

function readAddPartitionsToTxnResponse(r: WireReader, v: number): Whole<AddPartitionsToTxnResponse> {
  const throttleTimeMs = r.int32();
  const resultsByTopicV3AndBelow = r.array(readAddPartitionsToTxnTopicResult, v);
  r.skipTags();
  return { throttleTimeMs, resultsByTopicV3AndBelow };
}

function writeAddPartitionsToTxnResponse(w: WireWriter, o: AddPartitionsToTxnResponse, v: number): void {
  w.int32(o.throttleTimeMs ?? 0);
  w.array(o.resultsByTopicV3AndBelow, writeAddPartitionsToTxnTopicResult, v);
  w.noTags();
}

export const addPartitionsToTxnApi: WireApi<AddPartitionsToTxnRequest, AddPartitionsToTxnResponse> = {
  key: 24,
  name: 'AddPartitionsToTxn',
  minVersion: 0,
  maxVersion: 3,
  flexibleFrom: 3,
  request: { read: readAddPartitionsToTxnRequest, write: writeAddPartitionsToTxnRequest },
  response: { read: readAddPartitionsToTxnResponse, write: writeAddPartitionsToTxnResponse },
};
