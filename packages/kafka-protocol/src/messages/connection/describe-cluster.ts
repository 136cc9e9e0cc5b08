// Generated from Apache Kafka's message definitions by tools/kafka-messages: see NOTICE. Not to be edited.
import { type Whole, type WireApi, type WireReader, type WireWriter } from '../../wire/index.ts';

export interface DescribeClusterRequest {
  readonly includeClusterAuthorizedOperations: boolean;
  readonly endpointType?: number;
}

function readDescribeClusterRequest(r: WireReader, v: number): Whole<DescribeClusterRequest> {
  const includeClusterAuthorizedOperations = r.bool();
  const endpointType = v >= 1 ? r.int8() : 1;
  r.skipTags();
  return { includeClusterAuthorizedOperations, endpointType };
}

function writeDescribeClusterRequest(w: WireWriter, o: DescribeClusterRequest, v: number): void {
  w.bool(o.includeClusterAuthorizedOperations);
  if (v >= 1) w.int8(o.endpointType ?? 1);
  else w.absent('DescribeClusterRequest.endpointType', o.endpointType, 1, v);
  w.noTags();
}

interface DescribeClusterBroker {
  readonly brokerId: number;
  readonly host: string;
  readonly port: number;
  readonly rack?: string | null;
}

function readDescribeClusterBroker(r: WireReader, _v: number): Whole<DescribeClusterBroker> {
  const brokerId = r.int32();
  const host = r.string();
  const port = r.int32();
  const rack = r.nullableString();
  r.skipTags();
  return { brokerId, host, port, rack };
}

function writeDescribeClusterBroker(w: WireWriter, o: DescribeClusterBroker, _v: number): void {
  w.int32(o.brokerId);
  w.string(o.host);
  w.int32(o.port);
  w.nullableString(o.rack ?? null);
  w.noTags();
}

export interface DescribeClusterResponse {
  readonly throttleTimeMs?: number;
  readonly errorCode: number;
  readonly errorMessage?: string | null;
  readonly endpointType?: number;
  readonly clusterId: string;
  readonly controllerId?: number;
  readonly brokers: readonly DescribeClusterBroker[];
  readonly clusterAuthorizedOperations?: number;
}

function readDescribeClusterResponse(r: WireReader, v: number): Whole<DescribeClusterResponse> {
  const throttleTimeMs = r.int32();
  const errorCode = r.int16();
  const errorMessage = r.nullableString();
  const endpointType = v >= 1 ? r.int8() : 1;
  const clusterId = r.string();
  const controllerId = r.int32();
  const brokers = r.array(readDescribeClusterBroker, v);
  const clusterAuthorizedOperations = r.int32();
  r.skipTags();
  return {
    throttleTimeMs,
    errorCode,
    errorMessage,
    endpointType,
    clusterId,
    controllerId,
    brokers,
    clusterAuthorizedOperations,
  };
}

function writeDescribeClusterResponse(w: WireWriter, o: DescribeClusterResponse, v: number): void {
  w.int32(o.throttleTimeMs ?? 0);
  w.int16(o.errorCode);
  w.nullableString(o.errorMessage ?? null);
  if (v >= 1) w.int8(o.endpointType ?? 1);
  else w.absent('DescribeClusterResponse.endpointType', o.endpointType, 1, v);
  w.string(o.clusterId);
  w.int32(o.controllerId ?? -1);
  w.array(o.brokers, writeDescribeClusterBroker, v);
  w.int32(o.clusterAuthorizedOperations ?? -2147483648);
  w.noTags();
}

export const describeClusterApi: WireApi<DescribeClusterRequest, DescribeClusterResponse> = {
  key: 60,
  name: 'DescribeCluster',
  minVersion: 0,
  maxVersion: 1,
  flexibleFrom: 0,
  request: { read: readDescribeClusterRequest, write: writeDescribeClusterRequest },
  response: { read: readDescribeClusterResponse, write: writeDescribeClusterResponse },
};
