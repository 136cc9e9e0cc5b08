// Generated from Apache Kafka's message definitions by tools/kafka-messages: see NOTICE. Not to be edited.
import * as element from '../../wire/elements.ts';
import { type Whole, type WireApi, type WireReader, type WireWriter } from '../../wire/index.ts';

export interface FindCoordinatorRequest {
  readonly key?: string;
  readonly keyType?: number;
  readonly coordinatorKeys?: readonly string[];
}

function readFindCoordinatorRequest(r: WireReader, v: number): Whole<FindCoordinatorRequest> {
  const key = v <= 3 ? r.string() : '';
  const keyType = v >= 1 ? r.int8() : 0;
  const coordinatorKeys = v >= 4 ? r.array(element.getString, v) : [];
  r.skipTags();
  return { key, keyType, coordinatorKeys };
}

function writeFindCoordinatorRequest(w: WireWriter, o: FindCoordinatorRequest, v: number): void {
  if (v <= 3) w.string(o.key ?? '');
  else w.absent('FindCoordinatorRequest.key', o.key, '', v);
  if (v >= 1) w.int8(o.keyType ?? 0);
  else w.absent('FindCoordinatorRequest.keyType', o.keyType, 0, v);
  if (v >= 4) w.array(o.coordinatorKeys ?? [], element.putString, v);
  else w.absent('FindCoordinatorRequest.coordinatorKeys', o.coordinatorKeys, [], v);
  w.noTags();
}

interface Coordinator {
  readonly key: string;
  readonly nodeId: number;
  readonly host: string;
  readonly port: number;
  readonly errorCode: number;
  readonly errorMessage?: string | null;
}

function readCoordinator(r: WireReader, _v: number): Whole<Coordinator> {
  const key = r.string();
  const nodeId = r.int32();
  const host = r.string();
  const port = r.int32();
  const errorCode = r.int16();
  const errorMessage = r.nullableString();
  r.skipTags();
  return { key, nodeId, host, port, errorCode, errorMessage };
}

function writeCoordinator(w: WireWriter, o: Coordinator, _v: number): void {
  w.string(o.key);
  w.int32(o.nodeId);
  w.string(o.host);
  w.int32(o.port);
  w.int16(o.errorCode);
  w.nullableString(o.errorMessage === undefined ? '' : o.errorMessage);
  w.noTags();
}

export interface FindCoordinatorResponse {
  readonly throttleTimeMs?: number;
  readonly errorCode?: number;
  readonly errorMessage?: string | null;
  readonly nodeId?: number;
  readonly host?: string;
  readonly port?: number;
  readonly coordinators?: readonly Coordinator[];
}

function readFindCoordinatorResponse(r: WireReader, v: number): Whole<FindCoordinatorResponse> {
  const throttleTimeMs = v >= 1 ? r.int32() : 0;
  const errorCode = v <= 3 ? r.int16() : 0;
  const errorMessage = v >= 1 && v <= 3 ? r.nullableString() : '';
  const nodeId = v <= 3 ? r.int32() : 0;
  const host = v <= 3 ? r.string() : '';
  const port = v <= 3 ? r.int32() : 0;
  const coordinators = v >= 4 ? r.array(readCoordinator, v) : [];
  r.skipTags();
  return { throttleTimeMs, errorCode, errorMessage, nodeId, host, port, coordinators };
}

function writeFindCoordinatorResponse(w: WireWriter, o: FindCoordinatorResponse, v: number): void {
  if (v >= 1) w.int32(o.throttleTimeMs ?? 0);
  if (v <= 3) w.int16(o.errorCode ?? 0);
  else w.absent('FindCoordinatorResponse.errorCode', o.errorCode, 0, v);
  if (v >= 1 && v <= 3) w.nullableString(o.errorMessage === undefined ? '' : o.errorMessage);
  if (v <= 3) w.int32(o.nodeId ?? 0);
  else w.absent('FindCoordinatorResponse.nodeId', o.nodeId, 0, v);
  if (v <= 3) w.string(o.host ?? '');
  else w.absent('FindCoordinatorResponse.host', o.host, '', v);
  if (v <= 3) w.int32(o.port ?? 0);
  else w.absent('FindCoordinatorResponse.port', o.port, 0, v);
  if (v >= 4) w.array(o.coordinators ?? [], writeCoordinator, v);
  else w.absent('FindCoordinatorResponse.coordinators', o.coordinators, [], v);
  w.noTags();
}

export const findCoordinatorApi: WireApi<FindCoordinatorRequest, FindCoordinatorResponse> = {
  key: 10,
  name: 'FindCoordinator',
  minVersion: 0,
  maxVersion: 6,
  flexibleFrom: 3,
  request: { read: readFindCoordinatorRequest, write: writeFindCoordinatorRequest },
  response: { read: readFindCoordinatorResponse, write: writeFindCoordinatorResponse },
};
