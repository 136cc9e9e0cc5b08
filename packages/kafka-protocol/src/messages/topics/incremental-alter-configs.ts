// Generated from Apache Kafka's message definitions by tools/kafka-messages: see NOTICE. Not to be edited.
import { type Whole, type WireApi, type WireReader, type WireWriter } from '../../wire/index.ts';

interface AlterableConfig {
  readonly name: string;
  readonly configOperation: number;
  readonly value: string | null;
}

function readAlterableConfig(r: WireReader, _v: number): Whole<AlterableConfig> {
  const name = r.string();
  const configOperation = r.int8();
  const value = r.nullableString();
  r.skipTags();
  return { name, configOperation, value };
}

function writeAlterableConfig(w: WireWriter, o: AlterableConfig, _v: number): void {
  w.string(o.name);
  w.int8(o.configOperation);
  w.nullableString(o.value);
  w.noTags();
}

interface AlterConfigsResource {
  readonly resourceType: number;
  readonly resourceName: string;
  readonly configs: readonly AlterableConfig[];
}

function readAlterConfigsResource(r: WireReader, v: number): Whole<AlterConfigsResource> {
  const resourceType = r.int8();
  const resourceName = r.string();
  const configs = r.array(readAlterableConfig, v);
  r.skipTags();
  return { resourceType, resourceName, configs };
}

function writeAlterConfigsResource(w: WireWriter, o: AlterConfigsResource, v: number): void {
  w.int8(o.resourceType);
  w.string(o.resourceName);
  w.array(o.configs, writeAlterableConfig, v);
  w.noTags();
}

export interface IncrementalAlterConfigsRequest {
  readonly resources: readonly AlterConfigsResource[];
  readonly validateOnly: boolean;
}

function readIncrementalAlterConfigsRequest(r: WireReader, v: number): Whole<IncrementalAlterConfigsRequest> {
  const resources = r.array(readAlterConfigsResource, v);
  const validateOnly = r.bool();
  r.skipTags();
  return { resources, validateOnly };
}

function writeIncrementalAlterConfigsRequest(
  w: WireWriter,
  o: IncrementalAlterConfigsRequest,
  v: number,
): void {
  w.array(o.resources, writeAlterConfigsResource, v);
  w.bool(o.validateOnly);
  w.noTags();
}

interface AlterConfigsResourceResponse {
  readonly errorCode: number;
  readonly errorMessage: string | null;
  readonly resourceType: number;
  readonly resourceName: string;
}

function readAlterConfigsResourceResponse(r: WireReader, _v: number): Whole<AlterConfigsResourceResponse> {
  const errorCode = r.int16();
  const errorMessage = r.nullableString();
  const resourceType = r.int8();
  const resourceName = r.string();
  r.skipTags();
  return { errorCode, errorMessage, resourceType, resourceName };
}

function writeAlterConfigsResourceResponse(w: WireWriter, o: AlterConfigsResourceResponse, _v: number): void {
  w.int16(o.errorCode);
  w.nullableString(o.errorMessage);
  w.int8(o.resourceType);
  w.string(o.resourceName);
  w.noTags();
}

export interface IncrementalAlterConfigsResponse {
  readonly throttleTimeMs?: number;
  readonly responses: readonly AlterConfigsResourceResponse[];
}

function readIncrementalAlterConfigsResponse(
  r: WireReader,
  v: number,
): Whole<IncrementalAlterConfigsResponse> {
  const throttleTimeMs = r.int32();
  const responses = r.array(readAlterConfigsResourceResponse, v);
  r.skipTags();
  return { throttleTimeMs, responses };
}

function writeIncrementalAlterConfigsResponse(
  w: WireWriter,
  o: IncrementalAlterConfigsResponse,
  v: number,
): void {
  w.int32(o.throttleTimeMs ?? 0);
  w.array(o.responses, writeAlterConfigsResourceResponse, v);
  w.noTags();
}

export const incrementalAlterConfigsApi: WireApi<
  IncrementalAlterConfigsRequest,
  IncrementalAlterConfigsResponse
> = {
  key: 44,
  name: 'IncrementalAlterConfigs',
  minVersion: 0,
  maxVersion: 1,
  flexibleFrom: 1,
  request: { read: readIncrementalAlterConfigsRequest, write: writeIncrementalAlterConfigsRequest },
  response: { read: readIncrementalAlterConfigsResponse, write: writeIncrementalAlterConfigsResponse },
};
