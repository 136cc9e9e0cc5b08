// Generated from Apache Kafka's message definitions by tools/kafka-messages: see NOTICE. Not to be edited.
import * as element from '../../wire/elements.ts';
import { type Whole, type WireApi, type WireReader, type WireWriter } from '../../wire/index.ts';

interface DescribableLogDirTopic {
  readonly topic: string;
  readonly partitions: readonly number[];
}

function readDescribableLogDirTopic(r: WireReader, v: number): Whole<DescribableLogDirTopic> {
  const topic = r.string();
  const partitions = r.array(element.getInt32, v);
  r.skipTags();
  return { topic, partitions };
}

function writeDescribableLogDirTopic(w: WireWriter, o: DescribableLogDirTopic, v: number): void {
  w.string(o.topic);
  w.array(o.partitions, element.putInt32, v);
  w.noTags();
}

export interface DescribeLogDirsRequest {
  readonly topics: readonly DescribableLogDirTopic[] | null;
}

function readDescribeLogDirsRequest(r: WireReader, v: number): Whole<DescribeLogDirsRequest> {
  const topics = r.nullableArray(readDescribableLogDirTopic, v);
  r.skipTags();
  return { topics };
}

function writeDescribeLogDirsRequest(w: WireWriter, o: DescribeLogDirsRequest, v: number): void {
  w.nullableArray(o.topics, writeDescribableLogDirTopic, v);
  w.noTags();
}

interface DescribeLogDirsPartition {
  readonly partitionIndex: number;
  readonly partitionSize: number;
  readonly offsetLag: number;
  readonly isFutureKey: boolean;
}

function readDescribeLogDirsPartition(r: WireReader, _v: number): Whole<DescribeLogDirsPartition> {
  const partitionIndex = r.int32();
  const partitionSize = r.int64();
  const offsetLag = r.int64();
  const isFutureKey = r.bool();
  r.skipTags();
  return { partitionIndex, partitionSize, offsetLag, isFutureKey };
}

function writeDescribeLogDirsPartition(w: WireWriter, o: DescribeLogDirsPartition, _v: number): void {
  w.int32(o.partitionIndex);
  w.int64(o.partitionSize);
  w.int64(o.offsetLag);
  w.bool(o.isFutureKey);
  w.noTags();
}

interface DescribeLogDirsTopic {
  readonly name: string;
  readonly partitions: readonly DescribeLogDirsPartition[];
}

function readDescribeLogDirsTopic(r: WireReader, v: number): Whole<DescribeLogDirsTopic> {
  const name = r.string();
  const partitions = r.array(readDescribeLogDirsPartition, v);
  r.skipTags();
  return { name, partitions };
}

function writeDescribeLogDirsTopic(w: WireWriter, o: DescribeLogDirsTopic, v: number): void {
  w.string(o.name);
  w.array(o.partitions, writeDescribeLogDirsPartition, v);
  w.noTags();
}

interface DescribeLogDirsResult {
  readonly errorCode: number;
  readonly logDir: string;
  readonly topics: readonly DescribeLogDirsTopic[];
  readonly totalBytes?: number;
  readonly usableBytes?: number;
}

function readDescribeLogDirsResult(r: WireReader, v: number): Whole<DescribeLogDirsResult> {
  const errorCode = r.int16();
  const logDir = r.string();
  const topics = r.array(readDescribeLogDirsTopic, v);
  const totalBytes = v >= 4 ? r.int64() : -1;
  const usableBytes = v >= 4 ? r.int64() : -1;
  r.skipTags();
  return { errorCode, logDir, topics, totalBytes, usableBytes };
}

function writeDescribeLogDirsResult(w: WireWriter, o: DescribeLogDirsResult, v: number): void {
  w.int16(o.errorCode);
  w.string(o.logDir);
  w.array(o.topics, writeDescribeLogDirsTopic, v);
  if (v >= 4) w.int64(o.totalBytes ?? -1);
  if (v >= 4) w.int64(o.usableBytes ?? -1);
  w.noTags();
}

export interface DescribeLogDirsResponse {
  readonly throttleTimeMs?: number;
  readonly errorCode?: number;
  readonly results: readonly DescribeLogDirsResult[];
}

function readDescribeLogDirsResponse(r: WireReader, v: number): Whole<DescribeLogDirsResponse> {
  const throttleTimeMs = r.int32();
  const errorCode = v >= 3 ? r.int16() : 0;
  const results = r.array(readDescribeLogDirsResult, v);
  r.skipTags();
  return { throttleTimeMs, errorCode, results };
}

function writeDescribeLogDirsResponse(w: WireWriter, o: DescribeLogDirsResponse, v: number): void {
  w.int32(o.throttleTimeMs ?? 0);
  if (v >= 3) w.int16(o.errorCode ?? 0);
  w.array(o.results, writeDescribeLogDirsResult, v);
  w.noTags();
}

export const describeLogDirsApi: WireApi<DescribeLogDirsRequest, DescribeLogDirsResponse> = {
  key: 35,
  name: 'DescribeLogDirs',
  minVersion: 1,
  maxVersion: 4,
  flexibleFrom: 2,
  request: { read: readDescribeLogDirsRequest, write: writeDescribeLogDirsRequest },
  response: { read: readDescribeLogDirsResponse, write: writeDescribeLogDirsResponse },
};
