// Generated from Apache Kafka's message definitions by tools/kafka-messages: see NOTICE. Not to be edited.
import * as element from '../../wire/elements.ts';
import { type Whole, type WireApi, type WireReader, type WireWriter } from '../../wire/index.ts';

export interface ConsumerGroupDescribeRequest {
  readonly groupIds: readonly string[];
  readonly includeAuthorizedOperations: boolean;
}

function readConsumerGroupDescribeRequest(r: WireReader, v: number): Whole<ConsumerGroupDescribeRequest> {
  const groupIds = r.array(element.getString, v);
  const includeAuthorizedOperations = r.bool();
  r.skipTags();
  return { groupIds, includeAuthorizedOperations };
}

function writeConsumerGroupDescribeRequest(w: WireWriter, o: ConsumerGroupDescribeRequest, v: number): void {
  w.array(o.groupIds, element.putString, v);
  w.bool(o.includeAuthorizedOperations);
  w.noTags();
}

interface TopicPartitions {
  readonly topicId: string;
  readonly topicName: string;
  readonly partitions: readonly number[];
}

function readTopicPartitions(r: WireReader, v: number): Whole<TopicPartitions> {
  const topicId = r.uuid();
  const topicName = r.string();
  const partitions = r.array(element.getInt32, v);
  r.skipTags();
  return { topicId, topicName, partitions };
}

function writeTopicPartitions(w: WireWriter, o: TopicPartitions, v: number): void {
  w.uuid(o.topicId);
  w.string(o.topicName);
  w.array(o.partitions, element.putInt32, v);
  w.noTags();
}

interface Assignment {
  readonly topicPartitions: readonly TopicPartitions[];
}

function readAssignment(r: WireReader, v: number): Whole<Assignment> {
  const topicPartitions = r.array(readTopicPartitions, v);
  r.skipTags();
  return { topicPartitions };
}

function writeAssignment(w: WireWriter, o: Assignment, v: number): void {
  w.array(o.topicPartitions, writeTopicPartitions, v);
  w.noTags();
}

interface Member {
  readonly memberId: string;
  readonly instanceId?: string | null;
  readonly rackId?: string | null;
  readonly memberEpoch: number;
  readonly clientId: string;
  readonly clientHost: string;
  readonly subscribedTopicNames: readonly string[];
  readonly subscribedTopicRegex?: string | null;
  readonly assignment: Assignment;
  readonly targetAssignment: Assignment;
  readonly memberType?: number;
}

function readMember(r: WireReader, v: number): Whole<Member> {
  const memberId = r.string();
  const instanceId = r.nullableString();
  const rackId = r.nullableString();
  const memberEpoch = r.int32();
  const clientId = r.string();
  const clientHost = r.string();
  const subscribedTopicNames = r.array(element.getString, v);
  const subscribedTopicRegex = r.nullableString();
  const assignment = readAssignment(r, v);
  const targetAssignment = readAssignment(r, v);
  const memberType = v >= 1 ? r.int8() : -1;
  r.skipTags();
  return {
    memberId,
    instanceId,
    rackId,
    memberEpoch,
    clientId,
    clientHost,
    subscribedTopicNames,
    subscribedTopicRegex,
    assignment,
    targetAssignment,
    memberType,
  };
}

function writeMember(w: WireWriter, o: Member, v: number): void {
  w.string(o.memberId);
  w.nullableString(o.instanceId ?? null);
  w.nullableString(o.rackId ?? null);
  w.int32(o.memberEpoch);
  w.string(o.clientId);
  w.string(o.clientHost);
  w.array(o.subscribedTopicNames, element.putString, v);
  w.nullableString(o.subscribedTopicRegex ?? null);
  writeAssignment(w, o.assignment, v);
  writeAssignment(w, o.targetAssignment, v);
  if (v >= 1) w.int8(o.memberType ?? -1);
  w.noTags();
}

interface DescribedGroup {
  readonly errorCode: number;
  readonly errorMessage?: string | null;
  readonly groupId: string;
  readonly groupState: string;
  readonly groupEpoch: number;
  readonly assignmentEpoch: number;
  readonly assignorName: string;
  readonly members: readonly Member[];
  readonly authorizedOperations?: number;
}

function readDescribedGroup(r: WireReader, v: number): Whole<DescribedGroup> {
  const errorCode = r.int16();
  const errorMessage = r.nullableString();
  const groupId = r.string();
  const groupState = r.string();
  const groupEpoch = r.int32();
  const assignmentEpoch = r.int32();
  const assignorName = r.string();
  const members = r.array(readMember, v);
  const authorizedOperations = r.int32();
  r.skipTags();
  return {
    errorCode,
    errorMessage,
    groupId,
    groupState,
    groupEpoch,
    assignmentEpoch,
    assignorName,
    members,
    authorizedOperations,
  };
}

function writeDescribedGroup(w: WireWriter, o: DescribedGroup, v: number): void {
  w.int16(o.errorCode);
  w.nullableString(o.errorMessage ?? null);
  w.string(o.groupId);
  w.string(o.groupState);
  w.int32(o.groupEpoch);
  w.int32(o.assignmentEpoch);
  w.string(o.assignorName);
  w.array(o.members, writeMember, v);
  w.int32(o.authorizedOperations ?? -2147483648);
  w.noTags();
}

export interface ConsumerGroupDescribeResponse {
  readonly throttleTimeMs?: number;
  readonly groups: readonly DescribedGroup[];
}

function readConsumerGroupDescribeResponse(r: WireReader, v: number): Whole<ConsumerGroupDescribeResponse> {
  const throttleTimeMs = r.int32();
  const groups = r.array(readDescribedGroup, v);
  r.skipTags();
  return { throttleTimeMs, groups };
}

function writeConsumerGroupDescribeResponse(
  w: WireWriter,
  o: ConsumerGroupDescribeResponse,
  v: number,
): void {
  w.int32(o.throttleTimeMs ?? 0);
  w.array(o.groups, writeDescribedGroup, v);
  w.noTags();
}

export const consumerGroupDescribeApi: WireApi<ConsumerGroupDescribeRequest, ConsumerGroupDescribeResponse> =
  {
    key: 69,
    name: 'ConsumerGroupDescribe',
    minVersion: 0,
    maxVersion: 1,
    flexibleFrom: 0,
    request: { read: readConsumerGroupDescribeRequest, write: writeConsumerGroupDescribeRequest },
    response: { read: readConsumerGroupDescribeResponse, write: writeConsumerGroupDescribeResponse },
  };
