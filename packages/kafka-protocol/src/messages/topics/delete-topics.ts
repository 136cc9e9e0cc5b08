// Generated from Apache Kafka's message definitions by tools/kafka-messages: see NOTICE. Not to be edited.
import * as element from '../../wire/elements.ts';
import { zeroUuid, type Whole, type WireApi, type WireReader, type WireWriter } from '../../wire/index.ts';

interface DeleteTopicState {
  readonly name?: string | null;
  readonly topicId: string;
}

function readDeleteTopicState(r: WireReader, _v: number): Whole<DeleteTopicState> {
  const name = r.nullableString();
  const topicId = r.uuid();
  r.skipTags();
  return { name, topicId };
}

function writeDeleteTopicState(w: WireWriter, o: DeleteTopicState, _v: number): void {
  w.nullableString(o.name ?? null);
  w.uuid(o.topicId);
  w.noTags();
}

export interface DeleteTopicsRequest {
  readonly topics?: readonly DeleteTopicState[];
  readonly topicNames?: readonly string[];
  readonly timeoutMs: number;
}

function readDeleteTopicsRequest(r: WireReader, v: number): Whole<DeleteTopicsRequest> {
  const topics = v >= 6 ? r.array(readDeleteTopicState, v) : [];
  const topicNames = v <= 5 ? r.array(element.getString, v) : [];
  const timeoutMs = r.int32();
  r.skipTags();
  return { topics, topicNames, timeoutMs };
}

function writeDeleteTopicsRequest(w: WireWriter, o: DeleteTopicsRequest, v: number): void {
  if (v >= 6) w.array(o.topics ?? [], writeDeleteTopicState, v);
  else w.absent('DeleteTopicsRequest.topics', o.topics, [], v);
  if (v <= 5) w.array(o.topicNames ?? [], element.putString, v);
  w.int32(o.timeoutMs);
  w.noTags();
}

interface DeletableTopicResult {
  readonly name: string | null;
  readonly topicId?: string;
  readonly errorCode: number;
  readonly errorMessage?: string | null;
}

function readDeletableTopicResult(r: WireReader, v: number): Whole<DeletableTopicResult> {
  const name = r.nullableString();
  const topicId = v >= 6 ? r.uuid() : zeroUuid;
  const errorCode = r.int16();
  const errorMessage = v >= 5 ? r.nullableString() : null;
  r.skipTags();
  return { name, topicId, errorCode, errorMessage };
}

function writeDeletableTopicResult(w: WireWriter, o: DeletableTopicResult, v: number): void {
  w.nullableString(o.name);
  if (v >= 6) w.uuid(o.topicId ?? zeroUuid);
  w.int16(o.errorCode);
  if (v >= 5) w.nullableString(o.errorMessage ?? null);
  w.noTags();
}

export interface DeleteTopicsResponse {
  readonly throttleTimeMs?: number;
  readonly responses: readonly DeletableTopicResult[];
}

function readDeleteTopicsResponse(r: WireReader, v: number): Whole<DeleteTopicsResponse> {
  const throttleTimeMs = r.int32();
  const responses = r.array(readDeletableTopicResult, v);
  r.skipTags();
  return { throttleTimeMs, responses };
}

function writeDeleteTopicsResponse(w: WireWriter, o: DeleteTopicsResponse, v: number): void {
  w.int32(o.throttleTimeMs ?? 0);
  w.array(o.responses, writeDeletableTopicResult, v);
  w.noTags();
}

export const deleteTopicsApi: WireApi<DeleteTopicsRequest, DeleteTopicsResponse> = {
  key: 20,
  name: 'DeleteTopics',
  minVersion: 1,
  maxVersion: 6,
  flexibleFrom: 4,
  request: { read: readDeleteTopicsRequest, write: writeDeleteTopicsRequest },
  response: { read: readDeleteTopicsResponse, write: writeDeleteTopicsResponse },
};
