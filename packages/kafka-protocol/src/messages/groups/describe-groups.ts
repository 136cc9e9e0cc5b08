// Generated from Apache Kafka's message definitions by tools/kafka-messages: see NOTICE. Not to be edited.
import * as element from '../../wire/elements.ts';
import { type Whole, type WireApi, type WireReader, type WireWriter } from '../../wire/index.ts';

export interface DescribeGroupsRequest {
  readonly groups: readonly string[];
  readonly includeAuthorizedOperations?: boolean;
}

function readDescribeGroupsRequest(r: WireReader, v: number): Whole<DescribeGroupsRequest> {
  const groups = r.array(element.getString, v);
  const includeAuthorizedOperations = v >= 3 ? r.bool() : false;
  r.skipTags();
  return { groups, includeAuthorizedOperations };
}

function writeDescribeGroupsRequest(w: WireWriter, o: DescribeGroupsRequest, v: number): void {
  w.array(o.groups, element.putString, v);
  if (v >= 3) w.bool(o.includeAuthorizedOperations ?? false);
  else w.absent('DescribeGroupsRequest.includeAuthorizedOperations', o.includeAuthorizedOperations, false, v);
  w.noTags();
}

interface DescribedGroupMember {
  readonly memberId: string;
  readonly groupInstanceId?: string | null;
  readonly clientId: string;
  readonly clientHost: string;
  readonly memberMetadata: Uint8Array;
  readonly memberAssignment: Uint8Array;
}

function readDescribedGroupMember(r: WireReader, v: number): Whole<DescribedGroupMember> {
  const memberId = r.string();
  const groupInstanceId = v >= 4 ? r.nullableString() : null;
  const clientId = r.string();
  const clientHost = r.string();
  const memberMetadata = r.bytes();
  const memberAssignment = r.bytes();
  r.skipTags();
  return { memberId, groupInstanceId, clientId, clientHost, memberMetadata, memberAssignment };
}

function writeDescribedGroupMember(w: WireWriter, o: DescribedGroupMember, v: number): void {
  w.string(o.memberId);
  if (v >= 4) w.nullableString(o.groupInstanceId ?? null);
  w.string(o.clientId);
  w.string(o.clientHost);
  w.bytes(o.memberMetadata);
  w.bytes(o.memberAssignment);
  w.noTags();
}

interface DescribedGroup {
  readonly errorCode: number;
  readonly errorMessage?: string | null;
  readonly groupId: string;
  readonly groupState: string;
  readonly protocolType: string;
  readonly protocolData: string;
  readonly members: readonly DescribedGroupMember[];
  readonly authorizedOperations?: number;
}

function readDescribedGroup(r: WireReader, v: number): Whole<DescribedGroup> {
  const errorCode = r.int16();
  const errorMessage = v >= 6 ? r.nullableString() : null;
  const groupId = r.string();
  const groupState = r.string();
  const protocolType = r.string();
  const protocolData = r.string();
  const members = r.array(readDescribedGroupMember, v);
  const authorizedOperations = v >= 3 ? r.int32() : -2147483648;
  r.skipTags();
  return {
    errorCode,
    errorMessage,
    groupId,
    groupState,
    protocolType,
    protocolData,
    members,
    authorizedOperations,
  };
}

function writeDescribedGroup(w: WireWriter, o: DescribedGroup, v: number): void {
  w.int16(o.errorCode);
  if (v >= 6) w.nullableString(o.errorMessage ?? null);
  else w.absent('DescribedGroup.errorMessage', o.errorMessage, null, v);
  w.string(o.groupId);
  w.string(o.groupState);
  w.string(o.protocolType);
  w.string(o.protocolData);
  w.array(o.members, writeDescribedGroupMember, v);
  if (v >= 3) w.int32(o.authorizedOperations ?? -2147483648);
  else w.absent('DescribedGroup.authorizedOperations', o.authorizedOperations, -2147483648, v);
  w.noTags();
}

export interface DescribeGroupsResponse {
  readonly throttleTimeMs?: number;
  readonly groups: readonly DescribedGroup[];
}

function readDescribeGroupsResponse(r: WireReader, v: number): Whole<DescribeGroupsResponse> {
  const throttleTimeMs = v >= 1 ? r.int32() : 0;
  const groups = r.array(readDescribedGroup, v);
  r.skipTags();
  return { throttleTimeMs, groups };
}

function writeDescribeGroupsResponse(w: WireWriter, o: DescribeGroupsResponse, v: number): void {
  if (v >= 1) w.int32(o.throttleTimeMs ?? 0);
  w.array(o.groups, writeDescribedGroup, v);
  w.noTags();
}

export const describeGroupsApi: WireApi<DescribeGroupsRequest, DescribeGroupsResponse> = {
  key: 15,
  name: 'DescribeGroups',
  minVersion: 0,
  maxVersion: 6,
  flexibleFrom: 5,
  request: { read: readDescribeGroupsRequest, write: writeDescribeGroupsRequest },
  response: { read: readDescribeGroupsResponse, write: writeDescribeGroupsResponse },
};
