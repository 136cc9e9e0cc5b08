// Generated from Apache Kafka's message definitions by tools/kafka-messages: see NOTICE. Not to be edited.
import { type Whole, type WireApi, type WireReader, type WireWriter } from '../../wire/index.ts';

interface JoinGroupRequestProtocol {
  readonly name: string;
  readonly metadata: Uint8Array;
}

function readJoinGroupRequestProtocol(r: WireReader, _v: number): Whole<JoinGroupRequestProtocol> {
  const name = r.string();
  const metadata = r.bytes();
  r.skipTags();
  return { name, metadata };
}

function writeJoinGroupRequestProtocol(w: WireWriter, o: JoinGroupRequestProtocol, _v: number): void {
  w.string(o.name);
  w.bytes(o.metadata);
  w.noTags();
}

export interface JoinGroupRequest {
  readonly groupId: string;
  readonly sessionTimeoutMs: number;
  readonly rebalanceTimeoutMs?: number;
  readonly memberId: string;
  readonly groupInstanceId?: string | null;
  readonly protocolType: string;
  readonly protocols: readonly JoinGroupRequestProtocol[];
  readonly reason?: string | null;
}

function readJoinGroupRequest(r: WireReader, v: number): Whole<JoinGroupRequest> {
  const groupId = r.string();
  const sessionTimeoutMs = r.int32();
  const rebalanceTimeoutMs = v >= 1 ? r.int32() : -1;
  const memberId = r.string();
  const groupInstanceId = v >= 5 ? r.nullableString() : null;
  const protocolType = r.string();
  const protocols = r.array(readJoinGroupRequestProtocol, v);
  const reason = v >= 8 ? r.nullableString() : null;
  r.skipTags();
  return {
    groupId,
    sessionTimeoutMs,
    rebalanceTimeoutMs,
    memberId,
    groupInstanceId,
    protocolType,
    protocols,
    reason,
  };
}

function writeJoinGroupRequest(w: WireWriter, o: JoinGroupRequest, v: number): void {
  w.string(o.groupId);
  w.int32(o.sessionTimeoutMs);
  if (v >= 1) w.int32(o.rebalanceTimeoutMs ?? -1);
  w.string(o.memberId);
  if (v >= 5) w.nullableString(o.groupInstanceId ?? null);
  else w.absent('JoinGroupRequest.groupInstanceId', o.groupInstanceId, null, v);
  w.string(o.protocolType);
  w.array(o.protocols, writeJoinGroupRequestProtocol, v);
  if (v >= 8) w.nullableString(o.reason ?? null);
  w.noTags();
}

interface JoinGroupResponseMember {
  readonly memberId: string;
  readonly groupInstanceId?: string | null;
  readonly metadata: Uint8Array;
}

function readJoinGroupResponseMember(r: WireReader, v: number): Whole<JoinGroupResponseMember> {
  const memberId = r.string();
  const groupInstanceId = v >= 5 ? r.nullableString() : null;
  const metadata = r.bytes();
  r.skipTags();
  return { memberId, groupInstanceId, metadata };
}

function writeJoinGroupResponseMember(w: WireWriter, o: JoinGroupResponseMember, v: number): void {
  w.string(o.memberId);
  if (v >= 5) w.nullableString(o.groupInstanceId ?? null);
  w.bytes(o.metadata);
  w.noTags();
}

export interface JoinGroupResponse {
  readonly throttleTimeMs?: number;
  readonly errorCode: number;
  readonly generationId?: number;
  readonly protocolType?: string | null;
  readonly protocolName: string | null;
  readonly leader: string;
  readonly skipAssignment?: boolean;
  readonly memberId: string;
  readonly members: readonly JoinGroupResponseMember[];
}

function readJoinGroupResponse(r: WireReader, v: number): Whole<JoinGroupResponse> {
  const throttleTimeMs = v >= 2 ? r.int32() : 0;
  const errorCode = r.int16();
  const generationId = r.int32();
  const protocolType = v >= 7 ? r.nullableString() : null;
  const protocolName = r.nullableString();
  const leader = r.string();
  const skipAssignment = v >= 9 ? r.bool() : false;
  const memberId = r.string();
  const members = r.array(readJoinGroupResponseMember, v);
  r.skipTags();
  return {
    throttleTimeMs,
    errorCode,
    generationId,
    protocolType,
    protocolName,
    leader,
    skipAssignment,
    memberId,
    members,
  };
}

function writeJoinGroupResponse(w: WireWriter, o: JoinGroupResponse, v: number): void {
  if (v >= 2) w.int32(o.throttleTimeMs ?? 0);
  w.int16(o.errorCode);
  w.int32(o.generationId ?? -1);
  if (v >= 7) w.nullableString(o.protocolType ?? null);
  w.nullableString(o.protocolName);
  w.string(o.leader);
  if (v >= 9) w.bool(o.skipAssignment ?? false);
  else w.absent('JoinGroupResponse.skipAssignment', o.skipAssignment, false, v);
  w.string(o.memberId);
  w.array(o.members, writeJoinGroupResponseMember, v);
  w.noTags();
}

export const joinGroupApi: WireApi<JoinGroupRequest, JoinGroupResponse> = {
  key: 11,
  name: 'JoinGroup',
  minVersion: 0,
  maxVersion: 9,
  flexibleFrom: 6,
  request: { read: readJoinGroupRequest, write: writeJoinGroupRequest },
  response: { read: readJoinGroupResponse, write: writeJoinGroupResponse },
};
