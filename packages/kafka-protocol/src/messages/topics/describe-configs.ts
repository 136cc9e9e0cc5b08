// Generated from Apache Kafka's message definitions by tools/kafka-messages: see NOTICE. Not to be edited.
import * as element from '../../wire/elements.ts';
import { type Whole, type WireApi, type WireReader, type WireWriter } from '../../wire/index.ts';

interface DescribeConfigsResource {
  readonly resourceType: number;
  readonly resourceName: string;
  readonly configurationKeys: readonly string[] | null;
}

function readDescribeConfigsResource(r: WireReader, v: number): Whole<DescribeConfigsResource> {
  const resourceType = r.int8();
  const resourceName = r.string();
  const configurationKeys = r.nullableArray(element.getString, v);
  r.skipTags();
  return { resourceType, resourceName, configurationKeys };
}

function writeDescribeConfigsResource(w: WireWriter, o: DescribeConfigsResource, v: number): void {
  w.int8(o.resourceType);
  w.string(o.resourceName);
  w.nullableArray(o.configurationKeys, element.putString, v);
  w.noTags();
}

export interface DescribeConfigsRequest {
  readonly resources: readonly DescribeConfigsResource[];
  readonly includeSynonyms?: boolean;
  readonly includeDocumentation?: boolean;
}

function readDescribeConfigsRequest(r: WireReader, v: number): Whole<DescribeConfigsRequest> {
  const resources = r.array(readDescribeConfigsResource, v);
  const includeSynonyms = r.bool();
  const includeDocumentation = v >= 3 ? r.bool() : false;
  r.skipTags();
  return { resources, includeSynonyms, includeDocumentation };
}

function writeDescribeConfigsRequest(w: WireWriter, o: DescribeConfigsRequest, v: number): void {
  w.array(o.resources, writeDescribeConfigsResource, v);
  w.bool(o.includeSynonyms ?? false);
  if (v >= 3) w.bool(o.includeDocumentation ?? false);
  else w.absent('DescribeConfigsRequest.includeDocumentation', o.includeDocumentation, false, v);
  w.noTags();
}

interface DescribeConfigsSynonym {
  readonly name: string;
  readonly value: string | null;
  readonly source: number;
}

function readDescribeConfigsSynonym(r: WireReader, _v: number): Whole<DescribeConfigsSynonym> {
  const name = r.string();
  const value = r.nullableString();
  const source = r.int8();
  r.skipTags();
  return { name, value, source };
}

function writeDescribeConfigsSynonym(w: WireWriter, o: DescribeConfigsSynonym, _v: number): void {
  w.string(o.name);
  w.nullableString(o.value);
  w.int8(o.source);
  w.noTags();
}

interface DescribeConfigsResourceResult {
  readonly name: string;
  readonly value: string | null;
  readonly readOnly: boolean;
  readonly configSource?: number;
  readonly isSensitive: boolean;
  readonly synonyms?: readonly DescribeConfigsSynonym[];
  readonly configType?: number;
  readonly documentation?: string | null;
}

function readDescribeConfigsResourceResult(r: WireReader, v: number): Whole<DescribeConfigsResourceResult> {
  const name = r.string();
  const value = r.nullableString();
  const readOnly = r.bool();
  const configSource = r.int8();
  const isSensitive = r.bool();
  const synonyms = r.array(readDescribeConfigsSynonym, v);
  const configType = v >= 3 ? r.int8() : 0;
  const documentation = v >= 3 ? r.nullableString() : '';
  r.skipTags();
  return { name, value, readOnly, configSource, isSensitive, synonyms, configType, documentation };
}

function writeDescribeConfigsResourceResult(
  w: WireWriter,
  o: DescribeConfigsResourceResult,
  v: number,
): void {
  w.string(o.name);
  w.nullableString(o.value);
  w.bool(o.readOnly);
  w.int8(o.configSource ?? -1);
  w.bool(o.isSensitive);
  w.array(o.synonyms ?? [], writeDescribeConfigsSynonym, v);
  if (v >= 3) w.int8(o.configType ?? 0);
  if (v >= 3) w.nullableString(o.documentation === undefined ? '' : o.documentation);
  w.noTags();
}

interface DescribeConfigsResult {
  readonly errorCode: number;
  readonly errorMessage: string | null;
  readonly resourceType: number;
  readonly resourceName: string;
  readonly configs: readonly DescribeConfigsResourceResult[];
}

function readDescribeConfigsResult(r: WireReader, v: number): Whole<DescribeConfigsResult> {
  const errorCode = r.int16();
  const errorMessage = r.nullableString();
  const resourceType = r.int8();
  const resourceName = r.string();
  const configs = r.array(readDescribeConfigsResourceResult, v);
  r.skipTags();
  return { errorCode, errorMessage, resourceType, resourceName, configs };
}

function writeDescribeConfigsResult(w: WireWriter, o: DescribeConfigsResult, v: number): void {
  w.int16(o.errorCode);
  w.nullableString(o.errorMessage);
  w.int8(o.resourceType);
  w.string(o.resourceName);
  w.array(o.configs, writeDescribeConfigsResourceResult, v);
  w.noTags();
}

export interface DescribeConfigsResponse {
  readonly throttleTimeMs?: number;
  readonly results: readonly DescribeConfigsResult[];
}

function readDescribeConfigsResponse(r: WireReader, v: number): Whole<DescribeConfigsResponse> {
  const throttleTimeMs = r.int32();
  const results = r.array(readDescribeConfigsResult, v);
  r.skipTags();
  return { throttleTimeMs, results };
}

function writeDescribeConfigsResponse(w: WireWriter, o: DescribeConfigsResponse, v: number): void {
  w.int32(o.throttleTimeMs ?? 0);
  w.array(o.results, writeDescribeConfigsResult, v);
  w.noTags();
}

export const describeConfigsApi: WireApi<DescribeConfigsRequest, DescribeConfigsResponse> = {
  key: 32,
  name: 'DescribeConfigs',
  minVersion: 1,
  maxVersion: 4,
  flexibleFrom: 4,
  request: { read: readDescribeConfigsRequest, write: writeDescribeConfigsRequest },
  response: { read: readDescribeConfigsResponse, write: writeDescribeConfigsResponse },
};
