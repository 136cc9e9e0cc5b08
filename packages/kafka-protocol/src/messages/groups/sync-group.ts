// Generated from Apache Kafka's message definitions by tools/kafka-messages: see NOTICE. Not to be edited.
import { type Whole, type WireApi, type WireReader, type WireWriter } from '../../wire/index.ts';

interface SyncGroupRequestAssignment {
  readonly memberId: string;
  readonly assignment: Uint8Array;
}

function readSyncGroupRequestAssignment(r: WireReader, _v: number): Whole<SyncGroupRequestAssignment> {
  const memberId = r.string();
  const assignment = r.bytes();
  r.skipTags();
  return { memberId, assignment };
}

function writeSyncGroupRequestAssignment(w: WireWriter, o: SyncGroupRequestAssignment, _v: number): void {
  w.string(o.memberId);
  w.bytes(o.assignment);
  w.noTags();
}

export interface SyncGroupRequest {
  readonly groupId: string;
  readonly generationId: number;
  readonly memberId: string;
  readonly groupInstanceId?: string | null;
  readonly protocolType?: string | null;
  readonly protocolName?: string | null;
  readonly assignments: readonly SyncGroupRequestAssignment[];
}

function readSyncGroupRequest(r: WireReader, v: number): Whole<SyncGroupRequest> {
  const groupId = r.string();
  const generationId = r.int32();
  const memberId = r.string();
  const groupInstanceId = v >= 3 ? r.nullableString() : null;
  const protocolType = v >= 5 ? r.nullableString() : null;
  const protocolName = v >= 5 ? r.nullableString() : null;
  const assignments = r.array(readSyncGroupRequestAssignment, v);
  r.skipTags();
  return { groupId, generationId, memberId, groupInstanceId, protocolType, protocolName, assignments };
}

function writeSyncGroupRequest(w: WireWriter, o: SyncGroupRequest, v: number): void {
  w.string(o.groupId);
  w.int32(o.generationId);
  w.string(o.memberId);
  if (v >= 3) w.nullableString(o.groupInstanceId ?? null);
  else w.absent('SyncGroupRequest.groupInstanceId', o.groupInstanceId, null, v);
  if (v >= 5) w.nullableString(o.protocolType ?? null);
  if (v >= 5) w.nullableString(o.protocolName ?? null);
  w.array(o.assignments, writeSyncGroupRequestAssignment, v);
  w.noTags();
}

export interface SyncGroupResponse {
  readonly throttleTimeMs?: number;
  readonly errorCode: number;
  readonly protocolType?: string | null;
  readonly protocolName?: string | null;
  readonly assignment: Uint8Array;
}

function readSyncGroupResponse(r: WireReader, v: number): Whole<SyncGroupResponse> {
  const throttleTimeMs = v >= 1 ? r.int32() : 0;
  const errorCode = r.int16();
  const protocolType = v >= 5 ? r.nullableString() : null;
  const protocolName = v >= 5 ? r.nullableString() : null;
  const assignment = r.bytes();
  r.skipTags();
  return { throttleTimeMs, errorCode, protocolType, protocolName, assignment };
}

function writeSyncGroupResponse(w: WireWriter, o: SyncGroupResponse, v: number): void {
  if (v >= 1) w.int32(o.throttleTimeMs ?? 0);
  w.int16(o.errorCode);
  if (v >= 5) w.nullableString(o.protocolType ?? null);
  if (v >= 5) w.nullableString(o.protocolName ?? null);
  w.bytes(o.assignment);
  w.noTags();
}

export const syncGroupApi: WireApi<SyncGroupRequest, SyncGroupResponse> = {
  key: 14,
  name: 'SyncGroup',
  minVersion: 0,
  maxVersion: 5,
  flexibleFrom: 4,
  request: { read: readSyncGroupRequest, write: writeSyncGroupRequest },
  response: { read: readSyncGroupResponse, write: writeSyncGroupResponse },
};
