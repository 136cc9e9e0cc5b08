// Generated from Apache Kafka's message definitions by tools/kafka-messages: see NOTICE. Not to be edited.
import * as element from '../../wire/elements.ts';
import { type Whole, type WireApi, type WireReader, type WireWriter } from '../../wire/index.ts';

export interface DeleteGroupsRequest {
  readonly groupsNames: readonly string[];
}

function readDeleteGroupsRequest(r: WireReader, v: number): Whole<DeleteGroupsRequest> {
  const groupsNames = r.array(element.getString, v);
  r.skipTags();
  return { groupsNames };
}

function writeDeleteGroupsRequest(w: WireWriter, o: DeleteGroupsRequest, v: number): void {
  w.array(o.groupsNames, element.putString, v);
  w.noTags();
}

interface DeletableGroupResult {
  readonly groupId: string;
  readonly errorCode: number;
}

function readDeletableGroupResult(r: WireReader, _v: number): Whole<DeletableGroupResult> {
  const groupId = r.string();
  const errorCode = r.int16();
  r.skipTags();
  return { groupId, errorCode };
}

function writeDeletableGroupResult(w: WireWriter, o: DeletableGroupResult, _v: number): void {
  w.string(o.groupId);
  w.int16(o.errorCode);
  w.noTags();
}

export interface DeleteGroupsResponse {
  readonly throttleTimeMs?: number;
  readonly results: readonly DeletableGroupResult[];
}

function readDeleteGroupsResponse(r: WireReader, v: number): Whole<DeleteGroupsResponse> {
  const throttleTimeMs = r.int32();
  const results = r.array(readDeletableGroupResult, v);
  r.skipTags();
  return { throttleTimeMs, results };
}

function writeDeleteGroupsResponse(w: WireWriter, o: DeleteGroupsResponse, v: number): void {
  w.int32(o.throttleTimeMs ?? 0);
  w.array(o.results, writeDeletableGroupResult, v);
  w.noTags();
}

export const deleteGroupsApi: WireApi<DeleteGroupsRequest, DeleteGroupsResponse> = {
  key: 42,
  name: 'DeleteGroups',
  minVersion: 0,
  maxVersion: 2,
  flexibleFrom: 2,
  request: { read: readDeleteGroupsRequest, write: writeDeleteGroupsRequest },
  response: { read: readDeleteGroupsResponse, write: writeDeleteGroupsResponse },
};
