// Generated from Apache Kafka's message definitions by tools/kafka-messages: see NOTICE. Not to be edited.
import * as element from '../../wire/elements.ts';
import {
  isSet,
  zeroUuid,
  type Whole,
  type WireApi,
  type WireReader,
  type WireRecords,
  type WireWriter,
} from '../../wire/index.ts';

interface ReplicaState {
  readonly replicaId?: number;
  readonly replicaEpoch?: number;
}

function readReplicaState(r: WireReader, _v: number): Whole<ReplicaState> {
  const replicaId = r.int32();
  const replicaEpoch = r.int64();
  r.skipTags();
  return { replicaId, replicaEpoch };
}

function writeReplicaState(w: WireWriter, o: ReplicaState, _v: number): void {
  w.int32(o.replicaId ?? -1);
  w.int64(o.replicaEpoch ?? -1);
  w.noTags();
}

interface FetchPartition {
  readonly partition: number;
  readonly currentLeaderEpoch?: number;
  readonly fetchOffset: number;
  readonly lastFetchedEpoch?: number;
  readonly logStartOffset?: number;
  readonly partitionMaxBytes: number;
  readonly replicaDirectoryId?: string;
}

function readFetchPartition(r: WireReader, v: number): Whole<FetchPartition> {
  const partition = r.int32();
  const currentLeaderEpoch = v >= 9 ? r.int32() : -1;
  const fetchOffset = r.int64();
  const lastFetchedEpoch = v >= 12 ? r.int32() : -1;
  const logStartOffset = v >= 5 ? r.int64() : -1;
  const partitionMaxBytes = r.int32();
  let replicaDirectoryId: Whole<string> = zeroUuid;
  r.tags((tag) => {
    switch (tag) {
      case 0:
        replicaDirectoryId = r.uuid();
        break;
      default:
    }
  });
  return {
    partition,
    currentLeaderEpoch,
    fetchOffset,
    lastFetchedEpoch,
    logStartOffset,
    partitionMaxBytes,
    replicaDirectoryId,
  };
}

function writeFetchPartition(w: WireWriter, o: FetchPartition, v: number): void {
  w.int32(o.partition);
  if (v >= 9) w.int32(o.currentLeaderEpoch ?? -1);
  w.int64(o.fetchOffset);
  if (v >= 12) w.int32(o.lastFetchedEpoch ?? -1);
  else w.absent('FetchPartition.lastFetchedEpoch', o.lastFetchedEpoch, -1, v);
  if (v >= 5) w.int64(o.logStartOffset ?? -1);
  w.int32(o.partitionMaxBytes);
  w.tags([v >= 17 && isSet(o.replicaDirectoryId, zeroUuid) && [0, (t) => t.uuid(o.replicaDirectoryId!)]]);
}

interface FetchTopic {
  readonly topic?: string;
  readonly topicId?: string;
  readonly partitions: readonly FetchPartition[];
}

function readFetchTopic(r: WireReader, v: number): Whole<FetchTopic> {
  const topic = v <= 12 ? r.string() : '';
  const topicId = v >= 13 ? r.uuid() : zeroUuid;
  const partitions = r.array(readFetchPartition, v);
  r.skipTags();
  return { topic, topicId, partitions };
}

function writeFetchTopic(w: WireWriter, o: FetchTopic, v: number): void {
  if (v <= 12) w.string(o.topic ?? '');
  if (v >= 13) w.uuid(o.topicId ?? zeroUuid);
  w.array(o.partitions, writeFetchPartition, v);
  w.noTags();
}

interface ForgottenTopic {
  readonly topic?: string;
  readonly topicId?: string;
  readonly partitions: readonly number[];
}

function readForgottenTopic(r: WireReader, v: number): Whole<ForgottenTopic> {
  const topic = v <= 12 ? r.string() : '';
  const topicId = v >= 13 ? r.uuid() : zeroUuid;
  const partitions = r.array(element.getInt32, v);
  r.skipTags();
  return { topic, topicId, partitions };
}

function writeForgottenTopic(w: WireWriter, o: ForgottenTopic, v: number): void {
  if (v <= 12) w.string(o.topic ?? '');
  if (v >= 13) w.uuid(o.topicId ?? zeroUuid);
  w.array(o.partitions, element.putInt32, v);
  w.noTags();
}

export interface FetchRequest {
  readonly clusterId?: string | null;
  readonly replicaId?: number;
  readonly replicaState?: ReplicaState | null;
  readonly maxWaitMs: number;
  readonly minBytes: number;
  readonly maxBytes?: number;
  readonly isolationLevel?: number;
  readonly sessionId?: number;
  readonly sessionEpoch?: number;
  readonly topics: readonly FetchTopic[];
  readonly forgottenTopicsData?: readonly ForgottenTopic[];
  readonly rackId?: string;
}

function readFetchRequest(r: WireReader, v: number): Whole<FetchRequest> {
  let clusterId: Whole<string | null> = null;
  const replicaId = v <= 14 ? r.int32() : -1;
  let replicaState: Whole<ReplicaState | null> = null;
  const maxWaitMs = r.int32();
  const minBytes = r.int32();
  const maxBytes = r.int32();
  const isolationLevel = r.int8();
  const sessionId = v >= 7 ? r.int32() : 0;
  const sessionEpoch = v >= 7 ? r.int32() : -1;
  const topics = r.array(readFetchTopic, v);
  const forgottenTopicsData = v >= 7 ? r.array(readForgottenTopic, v) : [];
  const rackId = v >= 11 ? r.string() : '';
  r.tags((tag) => {
    switch (tag) {
      case 0:
        clusterId = r.nullableString();
        break;
      case 1:
        replicaState = readReplicaState(r, v);
        break;
      default:
    }
  });
  return {
    clusterId,
    replicaId,
    replicaState,
    maxWaitMs,
    minBytes,
    maxBytes,
    isolationLevel,
    sessionId,
    sessionEpoch,
    topics,
    forgottenTopicsData,
    rackId,
  };
}

function writeFetchRequest(w: WireWriter, o: FetchRequest, v: number): void {
  if (v <= 14) w.int32(o.replicaId ?? -1);
  else w.absent('FetchRequest.replicaId', o.replicaId, -1, v);
  w.int32(o.maxWaitMs);
  w.int32(o.minBytes);
  w.int32(o.maxBytes ?? 2147483647);
  w.int8(o.isolationLevel ?? 0);
  if (v >= 7) w.int32(o.sessionId ?? 0);
  if (v >= 7) w.int32(o.sessionEpoch ?? -1);
  w.array(o.topics, writeFetchTopic, v);
  if (v >= 7) w.array(o.forgottenTopicsData ?? [], writeForgottenTopic, v);
  else w.absent('FetchRequest.forgottenTopicsData', o.forgottenTopicsData, [], v);
  if (v >= 11) w.string(o.rackId ?? '');
  w.tags([
    v >= 12 && isSet(o.clusterId, null) && [0, (t) => t.nullableString(o.clusterId!)],
    v >= 15 && isSet(o.replicaState, null) && [1, (t) => writeReplicaState(t, o.replicaState!, v)],
  ]);
}

interface EpochEndOffset {
  readonly epoch?: number;
  readonly endOffset?: number;
}

function readEpochEndOffset(r: WireReader, _v: number): Whole<EpochEndOffset> {
  const epoch = r.int32();
  const endOffset = r.int64();
  r.skipTags();
  return { epoch, endOffset };
}

function writeEpochEndOffset(w: WireWriter, o: EpochEndOffset, _v: number): void {
  w.int32(o.epoch ?? -1);
  w.int64(o.endOffset ?? -1);
  w.noTags();
}

interface LeaderIdAndEpoch {
  readonly leaderId?: number;
  readonly leaderEpoch?: number;
}

function readLeaderIdAndEpoch(r: WireReader, _v: number): Whole<LeaderIdAndEpoch> {
  const leaderId = r.int32();
  const leaderEpoch = r.int32();
  r.skipTags();
  return { leaderId, leaderEpoch };
}

function writeLeaderIdAndEpoch(w: WireWriter, o: LeaderIdAndEpoch, _v: number): void {
  w.int32(o.leaderId ?? -1);
  w.int32(o.leaderEpoch ?? -1);
  w.noTags();
}

interface SnapshotId {
  readonly endOffset?: number;
  readonly epoch?: number;
}

function readSnapshotId(r: WireReader, _v: number): Whole<SnapshotId> {
  const endOffset = r.int64();
  const epoch = r.int32();
  r.skipTags();
  return { endOffset, epoch };
}

function writeSnapshotId(w: WireWriter, o: SnapshotId, _v: number): void {
  w.int64(o.endOffset ?? -1);
  w.int32(o.epoch ?? -1);
  w.noTags();
}

interface AbortedTransaction {
  readonly producerId: number;
  readonly firstOffset: number;
}

function readAbortedTransaction(r: WireReader, _v: number): Whole<AbortedTransaction> {
  const producerId = r.int64();
  const firstOffset = r.int64();
  r.skipTags();
  return { producerId, firstOffset };
}

function writeAbortedTransaction(w: WireWriter, o: AbortedTransaction, _v: number): void {
  w.int64(o.producerId);
  w.int64(o.firstOffset);
  w.noTags();
}

interface PartitionData {
  readonly partitionIndex: number;
  readonly errorCode: number;
  readonly highWatermark: number;
  readonly lastStableOffset?: number;
  readonly logStartOffset?: number;
  readonly divergingEpoch?: EpochEndOffset | null;
  readonly currentLeader?: LeaderIdAndEpoch | null;
  readonly snapshotId?: SnapshotId | null;
  readonly abortedTransactions?: readonly AbortedTransaction[] | null;
  readonly preferredReadReplica?: number;
  readonly records: WireRecords;
}

function readPartitionData(r: WireReader, v: number): Whole<PartitionData> {
  const partitionIndex = r.int32();
  const errorCode = r.int16();
  const highWatermark = r.int64();
  const lastStableOffset = r.int64();
  const logStartOffset = v >= 5 ? r.int64() : -1;
  let divergingEpoch: Whole<EpochEndOffset | null> = null;
  let currentLeader: Whole<LeaderIdAndEpoch | null> = null;
  let snapshotId: Whole<SnapshotId | null> = null;
  const abortedTransactions = r.nullableArray(readAbortedTransaction, v);
  const preferredReadReplica = v >= 11 ? r.int32() : -1;
  const records = r.records();
  r.tags((tag) => {
    switch (tag) {
      case 0:
        divergingEpoch = readEpochEndOffset(r, v);
        break;
      case 1:
        currentLeader = readLeaderIdAndEpoch(r, v);
        break;
      case 2:
        snapshotId = readSnapshotId(r, v);
        break;
      default:
    }
  });
  return {
    partitionIndex,
    errorCode,
    highWatermark,
    lastStableOffset,
    logStartOffset,
    divergingEpoch,
    currentLeader,
    snapshotId,
    abortedTransactions,
    preferredReadReplica,
    records,
  };
}

function writePartitionData(w: WireWriter, o: PartitionData, v: number): void {
  w.int32(o.partitionIndex);
  w.int16(o.errorCode);
  w.int64(o.highWatermark);
  w.int64(o.lastStableOffset ?? -1);
  if (v >= 5) w.int64(o.logStartOffset ?? -1);
  w.nullableArray(
    o.abortedTransactions === undefined ? [] : o.abortedTransactions,
    writeAbortedTransaction,
    v,
  );
  if (v >= 11) w.int32(o.preferredReadReplica ?? -1);
  else w.absent('PartitionData.preferredReadReplica', o.preferredReadReplica, -1, v);
  w.records(o.records);
  w.tags([
    v >= 12 && isSet(o.divergingEpoch, null) && [0, (t) => writeEpochEndOffset(t, o.divergingEpoch!, v)],
    v >= 12 && isSet(o.currentLeader, null) && [1, (t) => writeLeaderIdAndEpoch(t, o.currentLeader!, v)],
    v >= 12 && isSet(o.snapshotId, null) && [2, (t) => writeSnapshotId(t, o.snapshotId!, v)],
  ]);
}

interface FetchableTopicResponse {
  readonly topic?: string;
  readonly topicId?: string;
  readonly partitions: readonly PartitionData[];
}

function readFetchableTopicResponse(r: WireReader, v: number): Whole<FetchableTopicResponse> {
  const topic = v <= 12 ? r.string() : '';
  const topicId = v >= 13 ? r.uuid() : zeroUuid;
  const partitions = r.array(readPartitionData, v);
  r.skipTags();
  return { topic, topicId, partitions };
}

function writeFetchableTopicResponse(w: WireWriter, o: FetchableTopicResponse, v: number): void {
  if (v <= 12) w.string(o.topic ?? '');
  if (v >= 13) w.uuid(o.topicId ?? zeroUuid);
  w.array(o.partitions, writePartitionData, v);
  w.noTags();
}

interface NodeEndpoint {
  readonly nodeId: number;
  readonly host: string;
  readonly port: number;
  readonly rack?: string | null;
}

function readNodeEndpoint(r: WireReader, _v: number): Whole<NodeEndpoint> {
  const nodeId = r.int32();
  const host = r.string();
  const port = r.int32();
  const rack = r.nullableString();
  r.skipTags();
  return { nodeId, host, port, rack };
}

function writeNodeEndpoint(w: WireWriter, o: NodeEndpoint, _v: number): void {
  w.int32(o.nodeId);
  w.string(o.host);
  w.int32(o.port);
  w.nullableString(o.rack ?? null);
  w.noTags();
}

export interface FetchResponse {
  readonly throttleTimeMs?: number;
  readonly errorCode?: number;
  readonly sessionId?: number;
  readonly responses: readonly FetchableTopicResponse[];
  readonly nodeEndpoints?: readonly NodeEndpoint[];
}

function readFetchResponse(r: WireReader, v: number): Whole<FetchResponse> {
  const throttleTimeMs = r.int32();
  const errorCode = v >= 7 ? r.int16() : 0;
  const sessionId = v >= 7 ? r.int32() : 0;
  const responses = r.array(readFetchableTopicResponse, v);
  let nodeEndpoints: Whole<readonly NodeEndpoint[]> = [];
  r.tags((tag) => {
    switch (tag) {
      case 0:
        nodeEndpoints = r.array(readNodeEndpoint, v);
        break;
      default:
    }
  });
  return { throttleTimeMs, errorCode, sessionId, responses, nodeEndpoints };
}

function writeFetchResponse(w: WireWriter, o: FetchResponse, v: number): void {
  w.int32(o.throttleTimeMs ?? 0);
  if (v >= 7) w.int16(o.errorCode ?? 0);
  if (v >= 7) w.int32(o.sessionId ?? 0);
  else w.absent('FetchResponse.sessionId', o.sessionId, 0, v);
  w.array(o.responses, writeFetchableTopicResponse, v);
  w.tags([
    v >= 16 && isSet(o.nodeEndpoints, []) && [0, (t) => t.array(o.nodeEndpoints!, writeNodeEndpoint, v)],
  ]);
}

export const fetchApi: WireApi<FetchRequest, FetchResponse> = {
  key: 1,
  name: 'Fetch',
  minVersion: 4,
  maxVersion: 17,
  flexibleFrom: 12,
  request: { read: readFetchRequest, write: writeFetchRequest },
  response: { read: readFetchResponse, write: writeFetchResponse },
};
