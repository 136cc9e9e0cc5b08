// Generated from Apache Kafka's message definitions by tools/kafka-messages: see NOTICE. Not to be edited.
import * as element from '../../wire/elements.ts';
import { type Whole, type WireApi, type WireReader, type WireWriter } from '../../wire/index.ts';

export interface ListGroupsRequest {
  readonly statesFilter?: readonly string[];
  readonly typesFilter?: readonly string[];
}

function readListGroupsRequest(r: WireReader, v: number): Whole<ListGroupsRequest> {
  const statesFilter = v >= 4 ? r.array(element.getString, v) : [];
  const typesFilter = v >= 5 ? r.array(element.getString, v) : [];
  r.skipTags();
  return { statesFilter, typesFilter };
}

function writeListGroupsRequest(w: WireWriter, o: ListGroupsRequest, v: number): void {
  if (v >= 4) w.array(o.statesFilter ?? [], element.putString, v);
  else w.absent('ListGroupsRequest.statesFilter', o.statesFilter, [], v);
  if (v >= 5) w.array(o.typesFilter ?? [], element.putString, v);
  else w.absent('ListGroupsRequest.typesFilter', o.typesFilter, [], v);
  w.noTags();
}

interface ListedGroup {
  readonly groupId: string;
  readonly protocolType: string;
  readonly groupState?: string;
  readonly groupType?: string;
}

function readListedGroup(r: WireReader, v: number): Whole<ListedGroup> {
  const groupId = r.string();
  const protocolType = r.string();
  const groupState = v >= 4 ? r.string() : '';
  const groupType = v >= 5 ? r.string() : '';
  r.skipTags();
  return { groupId, protocolType, groupState, groupType };
}

function writeListedGroup(w: WireWriter, o: ListedGroup, v: number): void {
  w.string(o.groupId);
  w.string(o.protocolType);
  if (v >= 4) w.string(o.groupState ?? '');
  if (v >= 5) w.string(o.groupType ?? '');
  w.noTags();
}

export interface ListGroupsResponse {
  readonly throttleTimeMs?: number;
  readonly errorCode: number;
  readonly groups: readonly ListedGroup[];
}

function readListGroupsResponse(r: WireReader, v: number): Whole<ListGroupsResponse> {
  const throttleTimeMs = v >= 1 ? r.int32() : 0;
  const errorCode = r.int16();
  const groups = r.array(readListedGroup, v);
  r.skipTags();
  return { throttleTimeMs, errorCode, groups };
}

function writeListGroupsResponse(w: WireWriter, o: ListGroupsResponse, v: number): void {
  if (v >= 1) w.int32(o.throttleTimeMs ?? 0);
  w.int16(o.errorCode);
  w.array(o.groups, writeListedGroup, v);
  w.noTags();
}

export const listGroupsApi: WireApi<ListGroupsRequest, ListGroupsResponse> = {
  key: 16,
  name: 'ListGroups',
  minVersion: 0,
  maxVersion: 5,
  flexibleFrom: 3,
  request: { read: readListGroupsRequest, write: writeListGroupsRequest },
  response: { read: readListGroupsResponse, write: writeListGroupsResponse },
};
