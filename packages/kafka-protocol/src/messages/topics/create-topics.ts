// Generated from Apache Kafka's message definitions by tools/kafka-messages: see NOTICE. Not to be edited.
import * as element from '../../wire/elements.ts';
import {
  isSet,
  zeroUuid,
  type Whole,
  type WireApi,
  type WireReader,
  type WireWriter,
} from '../../wire/index.ts';

interface CreatableReplicaAssignment {
  readonly partitionIndex: number;
  readonly brokerIds: readonly number[];
}

function readCreatableReplicaAssignment(r: WireReader, v: number): Whole<CreatableReplicaAssignment> {
  const partitionIndex = r.int32();
  const brokerIds = r.array(element.getInt32, v);
  r.skipTags();
  return { partitionIndex, brokerIds };
}

function writeCreatableReplicaAssignment(w: WireWriter, o: CreatableReplicaAssignment, v: number): void {
  w.int32(o.partitionIndex);
  w.array(o.brokerIds, element.putInt32, v);
  w.noTags();
}

interface CreatableTopicConfig {
  readonly name: string;
  readonly value: string | null;
}

function readCreatableTopicConfig(r: WireReader, _v: number): Whole<CreatableTopicConfig> {
  const name = r.string();
  const value = r.nullableString();
  r.skipTags();
  return { name, value };
}

function writeCreatableTopicConfig(w: WireWriter, o: CreatableTopicConfig, _v: number): void {
  w.string(o.name);
  w.nullableString(o.value);
  w.noTags();
}

interface CreatableTopic {
  readonly name: string;
  readonly numPartitions: number;
  readonly replicationFactor: number;
  readonly assignments: readonly CreatableReplicaAssignment[];
  readonly configs: readonly CreatableTopicConfig[];
}

function readCreatableTopic(r: WireReader, v: number): Whole<CreatableTopic> {
  const name = r.string();
  const numPartitions = r.int32();
  const replicationFactor = r.int16();
  const assignments = r.array(readCreatableReplicaAssignment, v);
  const configs = r.array(readCreatableTopicConfig, v);
  r.skipTags();
  return { name, numPartitions, replicationFactor, assignments, configs };
}

function writeCreatableTopic(w: WireWriter, o: CreatableTopic, v: number): void {
  w.string(o.name);
  w.int32(o.numPartitions);
  w.int16(o.replicationFactor);
  w.array(o.assignments, writeCreatableReplicaAssignment, v);
  w.array(o.configs, writeCreatableTopicConfig, v);
  w.noTags();
}

export interface CreateTopicsRequest {
  readonly topics: readonly CreatableTopic[];
  readonly timeoutMs?: number;
  readonly validateOnly?: boolean;
}

function readCreateTopicsRequest(r: WireReader, v: number): Whole<CreateTopicsRequest> {
  const topics = r.array(readCreatableTopic, v);
  const timeoutMs = r.int32();
  const validateOnly = r.bool();
  r.skipTags();
  return { topics, timeoutMs, validateOnly };
}

function writeCreateTopicsRequest(w: WireWriter, o: CreateTopicsRequest, v: number): void {
  w.array(o.topics, writeCreatableTopic, v);
  w.int32(o.timeoutMs ?? 60000);
  w.bool(o.validateOnly ?? false);
  w.noTags();
}

interface CreatableTopicConfigs {
  readonly name: string;
  readonly value: string | null;
  readonly readOnly: boolean;
  readonly configSource?: number;
  readonly isSensitive: boolean;
}

function readCreatableTopicConfigs(r: WireReader, _v: number): Whole<CreatableTopicConfigs> {
  const name = r.string();
  const value = r.nullableString();
  const readOnly = r.bool();
  const configSource = r.int8();
  const isSensitive = r.bool();
  r.skipTags();
  return { name, value, readOnly, configSource, isSensitive };
}

function writeCreatableTopicConfigs(w: WireWriter, o: CreatableTopicConfigs, _v: number): void {
  w.string(o.name);
  w.nullableString(o.value);
  w.bool(o.readOnly);
  w.int8(o.configSource ?? -1);
  w.bool(o.isSensitive);
  w.noTags();
}

interface CreatableTopicResult {
  readonly name: string;
  readonly topicId?: string;
  readonly errorCode: number;
  readonly errorMessage?: string | null;
  readonly topicConfigErrorCode?: number;
  readonly numPartitions?: number;
  readonly replicationFactor?: number;
  readonly configs?: readonly CreatableTopicConfigs[] | null;
}

function readCreatableTopicResult(r: WireReader, v: number): Whole<CreatableTopicResult> {
  const name = r.string();
  const topicId = v >= 7 ? r.uuid() : zeroUuid;
  const errorCode = r.int16();
  const errorMessage = r.nullableString();
  let topicConfigErrorCode: Whole<number> = 0;
  const numPartitions = v >= 5 ? r.int32() : -1;
  const replicationFactor = v >= 5 ? r.int16() : -1;
  const configs = v >= 5 ? r.nullableArray(readCreatableTopicConfigs, v) : [];
  r.tags((tag) => {
    switch (tag) {
      case 0:
        topicConfigErrorCode = r.int16();
        break;
      default:
    }
  });
  return {
    name,
    topicId,
    errorCode,
    errorMessage,
    topicConfigErrorCode,
    numPartitions,
    replicationFactor,
    configs,
  };
}

function writeCreatableTopicResult(w: WireWriter, o: CreatableTopicResult, v: number): void {
  w.string(o.name);
  if (v >= 7) w.uuid(o.topicId ?? zeroUuid);
  w.int16(o.errorCode);
  w.nullableString(o.errorMessage === undefined ? '' : o.errorMessage);
  if (v >= 5) w.int32(o.numPartitions ?? -1);
  if (v >= 5) w.int16(o.replicationFactor ?? -1);
  if (v >= 5) w.nullableArray(o.configs === undefined ? [] : o.configs, writeCreatableTopicConfigs, v);
  w.tags([v >= 5 && isSet(o.topicConfigErrorCode, 0) && [0, (t) => t.int16(o.topicConfigErrorCode!)]]);
}

export interface CreateTopicsResponse {
  readonly throttleTimeMs?: number;
  readonly topics: readonly CreatableTopicResult[];
}

function readCreateTopicsResponse(r: WireReader, v: number): Whole<CreateTopicsResponse> {
  const throttleTimeMs = r.int32();
  const topics = r.array(readCreatableTopicResult, v);
  r.skipTags();
  return { throttleTimeMs, topics };
}

function writeCreateTopicsResponse(w: WireWriter, o: CreateTopicsResponse, v: number): void {
  w.int32(o.throttleTimeMs ?? 0);
  w.array(o.topics, writeCreatableTopicResult, v);
  w.noTags();
}

export const createTopicsApi: WireApi<CreateTopicsRequest, CreateTopicsResponse> = {
  key: 19,
  name: 'CreateTopics',
  minVersion: 2,
  maxVersion: 7,
  flexibleFrom: 5,
  request: { read: readCreateTopicsRequest, write: writeCreateTopicsRequest },
  response: { read: readCreateTopicsResponse, write: writeCreateTopicsResponse },
};
