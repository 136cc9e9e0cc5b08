// Generated from Apache Kafka's message definitions by tools/kafka-messages: see NOTICE. Not to be edited.
import * as element from '../../wire/elements.ts';
import { type Whole, type WireApi, type WireReader, type WireWriter } from '../../wire/index.ts';

export interface ListConfigResourcesRequest {
  readonly resourceTypes?: readonly number[];
}

function readListConfigResourcesRequest(r: WireReader, v: number): Whole<ListConfigResourcesRequest> {
  const resourceTypes = v >= 1 ? r.array(element.getInt8, v) : [];
  r.skipTags();
  return { resourceTypes };
}

function writeListConfigResourcesRequest(w: WireWriter, o: ListConfigResourcesRequest, v: number): void {
  if (v >= 1) w.array(o.resourceTypes ?? [], element.putInt8, v);
  else w.absent('ListConfigResourcesRequest.resourceTypes', o.resourceTypes, [], v);
  w.noTags();
}

interface ConfigResource {
  readonly resourceName: string;
  readonly resourceType?: number;
}

function readConfigResource(r: WireReader, v: number): Whole<ConfigResource> {
  const resourceName = r.string();
  const resourceType = v >= 1 ? r.int8() : 16;
  r.skipTags();
  return { resourceName, resourceType };
}

function writeConfigResource(w: WireWriter, o: ConfigResource, v: number): void {
  w.string(o.resourceName);
  if (v >= 1) w.int8(o.resourceType ?? 16);
  w.noTags();
}

export interface ListConfigResourcesResponse {
  readonly throttleTimeMs?: number;
  readonly errorCode: number;
  readonly configResources: readonly ConfigResource[];
}

function readListConfigResourcesResponse(r: WireReader, v: number): Whole<ListConfigResourcesResponse> {
  const throttleTimeMs = r.int32();
  const errorCode = r.int16();
  const configResources = r.array(readConfigResource, v);
  r.skipTags();
  return { throttleTimeMs, errorCode, configResources };
}

function writeListConfigResourcesResponse(w: WireWriter, o: ListConfigResourcesResponse, v: number): void {
  w.int32(o.throttleTimeMs ?? 0);
  w.int16(o.errorCode);
  w.array(o.configResources, writeConfigResource, v);
  w.noTags();
}

export const listConfigResourcesApi: WireApi<ListConfigResourcesRequest, ListConfigResourcesResponse> = {
  key: 74,
  name: 'ListConfigResources',
  minVersion: 0,
  maxVersion: 1,
  flexibleFrom: 0,
  request: { read: readListConfigResourcesRequest, write: writeListConfigResourcesRequest },
  response: { read: readListConfigResourcesResponse, write: writeListConfigResourcesResponse },
};
