// Generated from Apache Kafka's message definitions by tools/kafka-messages: see NOTICE. Not to be edited.
import { type Whole, type WireApi, type WireReader, type WireWriter } from '../../wire/index.ts';

interface MemberIdentity {
  readonly memberId: string;
  readonly groupInstanceId?: string | null;
  readonly reason?: string | null;
}

function readMemberIdentity(r: WireReader, v: number): Whole<MemberIdentity> {
  const memberId = r.string();
  const groupInstanceId = r.nullableString();
  const reason = v >= 5 ? r.nullableString() : null;
  r.skipTags();
  return { memberId, groupInstanceId, reason };
}

function writeMemberIdentity(w: WireWriter, o: MemberIdentity, v: number): void {
  w.string(o.memberId);
  w.nullableString(o.groupInstanceId ?? null);
  if (v >= 5) w.nullableString(o.reason ?? null);
  w.noTags();
}

export interface LeaveGroupRequest {
  readonly groupId: string;
  readonly memberId?: string;
  readonly members?: readonly MemberIdentity[];
}

function readLeaveGroupRequest(r: WireReader, v: number): Whole<LeaveGroupRequest> {
  const groupId = r.string();
  const memberId = v <= 2 ? r.string() : '';
  const members = v >= 3 ? r.array(readMemberIdentity, v) : [];
  r.skipTags();
  return { groupId, memberId, members };
}

function writeLeaveGroupRequest(w: WireWriter, o: LeaveGroupRequest, v: number): void {
  w.string(o.groupId);
  if (v <= 2) w.string(o.memberId ?? '');
  else w.absent('LeaveGroupRequest.memberId', o.memberId, '', v);
  if (v >= 3) w.array(o.members ?? [], writeMemberIdentity, v);
  else w.absent('LeaveGroupRequest.members', o.members, [], v);
  w.noTags();
}

interface MemberResponse {
  readonly memberId: string;
  readonly groupInstanceId: string | null;
  readonly errorCode: number;
}

function readMemberResponse(r: WireReader, _v: number): Whole<MemberResponse> {
  const memberId = r.string();
  const groupInstanceId = r.nullableString();
  const errorCode = r.int16();
  r.skipTags();
  return { memberId, groupInstanceId, errorCode };
}

function writeMemberResponse(w: WireWriter, o: MemberResponse, _v: number): void {
  w.string(o.memberId);
  w.nullableString(o.groupInstanceId);
  w.int16(o.errorCode);
  w.noTags();
}

export interface LeaveGroupResponse {
  readonly throttleTimeMs?: number;
  readonly errorCode: number;
  readonly members?: readonly MemberResponse[];
}

function readLeaveGroupResponse(r: WireReader, v: number): Whole<LeaveGroupResponse> {
  const throttleTimeMs = v >= 1 ? r.int32() : 0;
  const errorCode = r.int16();
  const members = v >= 3 ? r.array(readMemberResponse, v) : [];
  r.skipTags();
  return { throttleTimeMs, errorCode, members };
}

function writeLeaveGroupResponse(w: WireWriter, o: LeaveGroupResponse, v: number): void {
  if (v >= 1) w.int32(o.throttleTimeMs ?? 0);
  w.int16(o.errorCode);
  if (v >= 3) w.array(o.members ?? [], writeMemberResponse, v);
  else w.absent('LeaveGroupResponse.members', o.members, [], v);
  w.noTags();
}

export const leaveGroupApi: WireApi<LeaveGroupRequest, LeaveGroupResponse> = {
  key: 13,
  name: 'LeaveGroup',
  minVersion: 0,
  maxVersion: 5,
  flexibleFrom: 4,
  request: { read: readLeaveGroupRequest, write: writeLeaveGroupRequest },
  response: { read: readLeaveGroupResponse, write: writeLeaveGroupResponse },
};
