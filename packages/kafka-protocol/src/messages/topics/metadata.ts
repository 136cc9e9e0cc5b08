// Generated from Apache Kafka's message definitions by tools/kafka-messages: see NOTICE. Not to be edited.
import * as element from '../../wire/elements.ts';
import { zeroUuid, type Whole, type WireApi, type WireReader, type WireWriter } from '../../wire/index.ts';

interface MetadataRequestTopic {
  readonly topicId?: string;
  readonly name: string | null;
}

function readMetadataRequestTopic(r: WireReader, v: number): Whole<MetadataRequestTopic> {
  const topicId = v >= 10 ? r.uuid() : zeroUuid;
  const name = r.nullableString();
  r.skipTags();
  return { topicId, name };
}

function writeMetadataRequestTopic(w: WireWriter, o: MetadataRequestTopic, v: number): void {
  if (v >= 10) w.uuid(o.topicId ?? zeroUuid);
  w.nullableString(o.name);
  w.noTags();
}

export interface MetadataRequest {
  readonly topics: readonly MetadataRequestTopic[] | null;
  readonly allowAutoTopicCreation?: boolean;
  readonly includeClusterAuthorizedOperations?: boolean;
  readonly includeTopicAuthorizedOperations?: boolean;
}

function readMetadataRequest(r: WireReader, v: number): Whole<MetadataRequest> {
  const topics = r.nullableArray(readMetadataRequestTopic, v);
  const allowAutoTopicCreation = v >= 4 ? r.bool() : true;
  const includeClusterAuthorizedOperations = v >= 8 && v <= 10 ? r.bool() : false;
  const includeTopicAuthorizedOperations = v >= 8 ? r.bool() : false;
  r.skipTags();
  return {
    topics,
    allowAutoTopicCreation,
    includeClusterAuthorizedOperations,
    includeTopicAuthorizedOperations,
  };
}

function writeMetadataRequest(w: WireWriter, o: MetadataRequest, v: number): void {
  w.nullableArray(o.topics, writeMetadataRequestTopic, v);
  if (v >= 4) w.bool(o.allowAutoTopicCreation ?? true);
  else w.absent('MetadataRequest.allowAutoTopicCreation', o.allowAutoTopicCreation, true, v);
  if (v >= 8 && v <= 10) w.bool(o.includeClusterAuthorizedOperations ?? false);
  else
    w.absent(
      'MetadataRequest.includeClusterAuthorizedOperations',
      o.includeClusterAuthorizedOperations,
      false,
      v,
    );
  if (v >= 8) w.bool(o.includeTopicAuthorizedOperations ?? false);
  else
    w.absent(
      'MetadataRequest.includeTopicAuthorizedOperations',
      o.includeTopicAuthorizedOperations,
      false,
      v,
    );
  w.noTags();
}

interface MetadataResponseBroker {
  readonly nodeId: number;
  readonly host: string;
  readonly port: number;
  readonly rack?: string | null;
}

function readMetadataResponseBroker(r: WireReader, v: number): Whole<MetadataResponseBroker> {
  const nodeId = r.int32();
  const host = r.string();
  const port = r.int32();
  const rack = v >= 1 ? r.nullableString() : null;
  r.skipTags();
  return { nodeId, host, port, rack };
}

function writeMetadataResponseBroker(w: WireWriter, o: MetadataResponseBroker, v: number): void {
  w.int32(o.nodeId);
  w.string(o.host);
  w.int32(o.port);
  if (v >= 1) w.nullableString(o.rack ?? null);
  w.noTags();
}

interface MetadataResponsePartition {
  readonly errorCode: number;
  readonly partitionIndex: number;
  readonly leaderId: number;
  readonly leaderEpoch?: number;
  readonly replicaNodes: readonly number[];
  readonly isrNodes: readonly number[];
  readonly offlineReplicas?: readonly number[];
}

function readMetadataResponsePartition(r: WireReader, v: number): Whole<MetadataResponsePartition> {
  const errorCode = r.int16();
  const partitionIndex = r.int32();
  const leaderId = r.int32();
  const leaderEpoch = v >= 7 ? r.int32() : -1;
  const replicaNodes = r.array(element.getInt32, v);
  const isrNodes = r.array(element.getInt32, v);
  const offlineReplicas = v >= 5 ? r.array(element.getInt32, v) : [];
  r.skipTags();
  return { errorCode, partitionIndex, leaderId, leaderEpoch, replicaNodes, isrNodes, offlineReplicas };
}

function writeMetadataResponsePartition(w: WireWriter, o: MetadataResponsePartition, v: number): void {
  w.int16(o.errorCode);
  w.int32(o.partitionIndex);
  w.int32(o.leaderId);
  if (v >= 7) w.int32(o.leaderEpoch ?? -1);
  w.array(o.replicaNodes, element.putInt32, v);
  w.array(o.isrNodes, element.putInt32, v);
  if (v >= 5) w.array(o.offlineReplicas ?? [], element.putInt32, v);
  w.noTags();
}

interface MetadataResponseTopic {
  readonly errorCode: number;
  readonly name: string | null;
  readonly topicId?: string;
  readonly isInternal?: boolean;
  readonly partitions: readonly MetadataResponsePartition[];
  readonly topicAuthorizedOperations?: number;
}

function readMetadataResponseTopic(r: WireReader, v: number): Whole<MetadataResponseTopic> {
  const errorCode = r.int16();
  const name = r.nullableString();
  const topicId = v >= 10 ? r.uuid() : zeroUuid;
  const isInternal = v >= 1 ? r.bool() : false;
  const partitions = r.array(readMetadataResponsePartition, v);
  const topicAuthorizedOperations = v >= 8 ? r.int32() : -2147483648;
  r.skipTags();
  return { errorCode, name, topicId, isInternal, partitions, topicAuthorizedOperations };
}

function writeMetadataResponseTopic(w: WireWriter, o: MetadataResponseTopic, v: number): void {
  w.int16(o.errorCode);
  w.nullableString(o.name);
  if (v >= 10) w.uuid(o.topicId ?? zeroUuid);
  if (v >= 1) w.bool(o.isInternal ?? false);
  w.array(o.partitions, writeMetadataResponsePartition, v);
  if (v >= 8) w.int32(o.topicAuthorizedOperations ?? -2147483648);
  else
    w.absent('MetadataResponseTopic.topicAuthorizedOperations', o.topicAuthorizedOperations, -2147483648, v);
  w.noTags();
}

export interface MetadataResponse {
  readonly throttleTimeMs?: number;
  readonly brokers: readonly MetadataResponseBroker[];
  readonly clusterId?: string | null;
  readonly controllerId?: number;
  readonly topics: readonly MetadataResponseTopic[];
  readonly clusterAuthorizedOperations?: number;
}

function readMetadataResponse(r: WireReader, v: number): Whole<MetadataResponse> {
  const throttleTimeMs = v >= 3 ? r.int32() : 0;
  const brokers = r.array(readMetadataResponseBroker, v);
  const clusterId = v >= 2 ? r.nullableString() : null;
  const controllerId = v >= 1 ? r.int32() : -1;
  const topics = r.array(readMetadataResponseTopic, v);
  const clusterAuthorizedOperations = v >= 8 && v <= 10 ? r.int32() : -2147483648;
  r.skipTags();
  return { throttleTimeMs, brokers, clusterId, controllerId, topics, clusterAuthorizedOperations };
}

function writeMetadataResponse(w: WireWriter, o: MetadataResponse, v: number): void {
  if (v >= 3) w.int32(o.throttleTimeMs ?? 0);
  w.array(o.brokers, writeMetadataResponseBroker, v);
  if (v >= 2) w.nullableString(o.clusterId ?? null);
  if (v >= 1) w.int32(o.controllerId ?? -1);
  w.array(o.topics, writeMetadataResponseTopic, v);
  if (v >= 8 && v <= 10) w.int32(o.clusterAuthorizedOperations ?? -2147483648);
  else
    w.absent('MetadataResponse.clusterAuthorizedOperations', o.clusterAuthorizedOperations, -2147483648, v);
  w.noTags();
}

export const metadataApi: WireApi<MetadataRequest, MetadataResponse> = {
  key: 3,
  name: 'Metadata',
  minVersion: 0,
  maxVersion: 12,
  flexibleFrom: 9,
  request: { read: readMetadataRequest, write: writeMetadataRequest },
  response: { read: readMetadataResponse, write: writeMetadataResponse },
};
