// Generated from Apache Kafka's message definitions by tools/kafka-messages: see NOTICE. Not to be edited.
import { type Whole, type WireApi, type WireReader, type WireWriter } from '../../wire/index.ts';

export interface DescribeAclsRequest {
  readonly resourceTypeFilter: number;
  readonly resourceNameFilter: string | null;
  readonly patternTypeFilter?: number;
  readonly principalFilter: string | null;
  readonly hostFilter: string | null;
  readonly operation: number;
  readonly permissionType: number;
}

function readDescribeAclsRequest(r: WireReader, _v: number): Whole<DescribeAclsRequest> {
  const resourceTypeFilter = r.int8();
  const resourceNameFilter = r.nullableString();
  const patternTypeFilter = r.int8();
  const principalFilter = r.nullableString();
  const hostFilter = r.nullableString();
  const operation = r.int8();
  const permissionType = r.int8();
  r.skipTags();
  return {
    resourceTypeFilter,
    resourceNameFilter,
    patternTypeFilter,
    principalFilter,
    hostFilter,
    operation,
    permissionType,
  };
}

function writeDescribeAclsRequest(w: WireWriter, o: DescribeAclsRequest, _v: number): void {
  w.int8(o.resourceTypeFilter);
  w.nullableString(o.resourceNameFilter);
  w.int8(o.patternTypeFilter ?? 3);
  w.nullableString(o.principalFilter);
  w.nullableString(o.hostFilter);
  w.int8(o.operation);
  w.int8(o.permissionType);
  w.noTags();
}

interface AclDescription {
  readonly principal: string;
  readonly host: string;
  readonly operation: number;
  readonly permissionType: number;
}

function readAclDescription(r: WireReader, _v: number): Whole<AclDescription> {
  const principal = r.string();
  const host = r.string();
  const operation = r.int8();
  const permissionType = r.int8();
  r.skipTags();
  return { principal, host, operation, permissionType };
}

function writeAclDescription(w: WireWriter, o: AclDescription, _v: number): void {
  w.string(o.principal);
  w.string(o.host);
  w.int8(o.operation);
  w.int8(o.permissionType);
  w.noTags();
}

interface DescribeAclsResource {
  readonly resourceType: number;
  readonly resourceName: string;
  readonly patternType?: number;
  readonly acls: readonly AclDescription[];
}

function readDescribeAclsResource(r: WireReader, v: number): Whole<DescribeAclsResource> {
  const resourceType = r.int8();
  const resourceName = r.string();
  const patternType = r.int8();
  const acls = r.array(readAclDescription, v);
  r.skipTags();
  return { resourceType, resourceName, patternType, acls };
}

function writeDescribeAclsResource(w: WireWriter, o: DescribeAclsResource, v: number): void {
  w.int8(o.resourceType);
  w.string(o.resourceName);
  w.int8(o.patternType ?? 3);
  w.array(o.acls, writeAclDescription, v);
  w.noTags();
}

export interface DescribeAclsResponse {
  readonly throttleTimeMs?: number;
  readonly errorCode: number;
  readonly errorMessage: string | null;
  readonly resources: readonly DescribeAclsResource[];
}

function readDescribeAclsResponse(r: WireReader, v: number): Whole<DescribeAclsResponse> {
  const throttleTimeMs = r.int32();
  const errorCode = r.int16();
  const errorMessage = r.nullableString();
  const resources = r.array(readDescribeAclsResource, v);
  r.skipTags();
  return { throttleTimeMs, errorCode, errorMessage, resources };
}

function writeDescribeAclsResponse(w: WireWriter, o: DescribeAclsResponse, v: number): void {
  w.int32(o.throttleTimeMs ?? 0);
  w.int16(o.errorCode);
  w.nullableString(o.errorMessage);
  w.array(o.resources, writeDescribeAclsResource, v);
  w.noTags();
}

export const describeAclsApi: WireApi<DescribeAclsRequest, DescribeAclsResponse> = {
  key: 29,
  name: 'DescribeAcls',
  minVersion: 1,
  maxVersion: 3,
  flexibleFrom: 2,
  request: { read: readDescribeAclsRequest, write: writeDescribeAclsRequest },
  response: { read: readDescribeAclsResponse, write: writeDescribeAclsResponse },
};
