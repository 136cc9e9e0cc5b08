// Generated from Apache Kafka's message definitions by tools/kafka-messages: see NOTICE. Not to be edited.
import { type Whole, type WireApi, type WireReader, type WireWriter } from '../../wire/index.ts';

export interface HeartbeatRequest {
  readonly groupId: string;
  readonly generationId: number;
  readonly memberId: string;
  readonly groupInstanceId?: string | null;
}

function readHeartbeatRequest(r: WireReader, v: number): Whole<HeartbeatRequest> {
  const groupId = r.string();
  const generationId = r.int32();
  const memberId = r.string();
  const groupInstanceId = v >= 3 ? r.nullableString() : null;
  r.skipTags();
  return { groupId, generationId, memberId, groupInstanceId };
}

function writeHeartbeatRequest(w: WireWriter, o: HeartbeatRequest, v: number): void {
  w.string(o.groupId);
  w.int32(o.generationId);
  w.string(o.memberId);
  if (v >= 3) w.nullableString(o.groupInstanceId ?? null);
  else w.absent('HeartbeatRequest.groupInstanceId', o.groupInstanceId, null, v);
  w.noTags();
}

export interface HeartbeatResponse {
  readonly throttleTimeMs?: number;
  readonly errorCode: number;
}

function readHeartbeatResponse(r: WireReader, v: number): Whole<HeartbeatResponse> {
  const throttleTimeMs = v >= 1 ? r.int32() : 0;
  const errorCode = r.int16();
  r.skipTags();
  return { throttleTimeMs, errorCode };
}

function writeHeartbeatResponse(w: WireWriter, o: HeartbeatResponse, v: number): void {
  if (v >= 1) w.int32(o.throttleTimeMs ?? 0);
  w.int16(o.errorCode);
  w.noTags();
}

export const heartbeatApi: WireApi<HeartbeatRequest, HeartbeatResponse> = {
  key: 12,
  name: 'Heartbeat',
  minVersion: 0,
  maxVersion: 4,
  flexibleFrom: 4,
  request: { read: readHeartbeatRequest, write: writeHeartbeatRequest },
  response: { read: readHeartbeatResponse, write: writeHeartbeatResponse },
};
