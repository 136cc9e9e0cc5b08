// Generated from Apache Kafka's message definitions by tools/kafka-messages: see NOTICE. Not to be edited.
import { type Whole, type WireApi, type WireReader, type WireWriter } from '../../wire/index.ts';

export interface AddOffsetsToTxnRequest {
  readonly transactionalId: string;
  readonly producerId: number;
  readonly producerEpoch: number;
  readonly groupId: string;
}

function readAddOffsetsToTxnRequest(r: WireReader, _v: number): Whole<AddOffsetsToTxnRequest> {
  const transactionalId = r.string();
  const producerId = r.int64();
  const producerEpoch = r.int16();
  const groupId = r.string();
  r.skipTags();
  return { transactionalId, producerId, producerEpoch, groupId };
}

function writeAddOffsetsToTxnRequest(w: WireWriter, o: AddOffsetsToTxnRequest, _v: number): void {
  w.string(o.transactionalId);
  w.int64(o.producerId);
  w.int16(o.producerEpoch);
  w.string(o.groupId);
  w.noTags();
}

export interface AddOffsetsToTxnResponse {
  readonly throttleTimeMs?: number;
  readonly errorCode: number;
}

function readAddOffsetsToTxnResponse(r: WireReader, _v: number): Whole<AddOffsetsToTxnResponse> {
  const throttleTimeMs = r.int32();
  const errorCode = r.int16();
  r.skipTags();
  return { throttleTimeMs, errorCode };
}

function writeAddOffsetsToTxnResponse(w: WireWriter, o: AddOffsetsToTxnResponse, _v: number): void {
  w.int32(o.throttleTimeMs ?? 0);
  w.int16(o.errorCode);
  w.noTags();
}

export const addOffsetsToTxnApi: WireApi<AddOffsetsToTxnRequest, AddOffsetsToTxnResponse> = {
  key: 25,
  name: 'AddOffsetsToTxn',
  minVersion: 0,
  maxVersion: 4,
  flexibleFrom: 3,
  request: { read: readAddOffsetsToTxnRequest, write: writeAddOffsetsToTxnRequest },
  response: { read: readAddOffsetsToTxnResponse, write: writeAddOffsetsToTxnResponse },
};
