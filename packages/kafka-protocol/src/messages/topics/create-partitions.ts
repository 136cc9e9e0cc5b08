// Generated from Apache Kafka's message definitions by tools/kafka-messages: see NOTICE. Not to be edited.
import * as element from '../../wire/elements.ts';
import { type Whole, type WireApi, type WireReader, type WireWriter } from '../../wire/index.ts';

interface CreatePartitionsAssignment {
  readonly brokerIds: readonly number[];
}

function readCreatePartitionsAssignment(r: WireReader, v: number): Whole<CreatePartitionsAssignment> {
  const brokerIds = r.array(element.getInt32, v);
  r.skipTags();
  return { brokerIds };
}

function writeCreatePartitionsAssignment(w: WireWriter, o: CreatePartitionsAssignment, v: number): void {
  w.array(o.brokerIds, element.putInt32, v);
  w.noTags();
}

interface CreatePartitionsTopic {
  readonly name: string;
  readonly count: number;
  readonly assignments: readonly CreatePartitionsAssignment[] | null;
}

function readCreatePartitionsTopic(r: WireReader, v: number): Whole<CreatePartitionsTopic> {
  const name = r.string();
  const count = r.int32();
  const assignments = r.nullableArray(readCreatePartitionsAssignment, v);
  r.skipTags();
  return { name, count, assignments };
}

function writeCreatePartitionsTopic(w: WireWriter, o: CreatePartitionsTopic, v: number): void {
  w.string(o.name);
  w.int32(o.count);
  w.nullableArray(o.assignments, writeCreatePartitionsAssignment, v);
  w.noTags();
}

export interface CreatePartitionsRequest {
  readonly topics: readonly CreatePartitionsTopic[];
  readonly timeoutMs: number;
  readonly validateOnly: boolean;
}

function readCreatePartitionsRequest(r: WireReader, v: number): Whole<CreatePartitionsRequest> {
  const topics = r.array(readCreatePartitionsTopic, v);
  const timeoutMs = r.int32();
  const validateOnly = r.bool();
  r.skipTags();
  return { topics, timeoutMs, validateOnly };
}

function writeCreatePartitionsRequest(w: WireWriter, o: CreatePartitionsRequest, v: number): void {
  w.array(o.topics, writeCreatePartitionsTopic, v);
  w.int32(o.timeoutMs);
  w.bool(o.validateOnly);
  w.noTags();
}

interface CreatePartitionsTopicResult {
  readonly name: string;
  readonly errorCode: number;
  readonly errorMessage?: string | null;
}

function readCreatePartitionsTopicResult(r: WireReader, _v: number): Whole<CreatePartitionsTopicResult> {
  const name = r.string();
  const errorCode = r.int16();
  const errorMessage = r.nullableString();
  r.skipTags();
  return { name, errorCode, errorMessage };
}

function writeCreatePartitionsTopicResult(w: WireWriter, o: CreatePartitionsTopicResult, _v: number): void {
  w.string(o.name);
  w.int16(o.errorCode);
  w.nullableString(o.errorMessage ?? null);
  w.noTags();
}

export interface CreatePartitionsResponse {
  readonly throttleTimeMs?: number;
  readonly results: readonly CreatePartitionsTopicResult[];
}

function readCreatePartitionsResponse(r: WireReader, v: number): Whole<CreatePartitionsResponse> {
  const throttleTimeMs = r.int32();
  const results = r.array(readCreatePartitionsTopicResult, v);
  r.skipTags();
  return { throttleTimeMs, results };
}

function writeCreatePartitionsResponse(w: WireWriter, o: CreatePartitionsResponse, v: number): void {
  w.int32(o.throttleTimeMs ?? 0);
  w.array(o.results, writeCreatePartitionsTopicResult, v);
  w.noTags();
}

export const createPartitionsApi: WireApi<CreatePartitionsRequest, CreatePartitionsResponse> = {
  key: 37,
  name: 'CreatePartitions',
  minVersion: 0,
  maxVersion: 3,
  flexibleFrom: 2,
  request: { read: readCreatePartitionsRequest, write: writeCreatePartitionsRequest },
  response: { read: readCreatePartitionsResponse, write: writeCreatePartitionsResponse },
};
