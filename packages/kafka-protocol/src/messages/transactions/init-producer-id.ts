// Generated from Apache Kafka's message definitions by tools/kafka-messages: see NOTICE. Not to be edited.
import { type Whole, type WireApi, type WireReader, type WireWriter } from '../../wire/index.ts';

export interface InitProducerIdRequest {
  readonly transactionalId: string | null;
  readonly transactionTimeoutMs: number;
  readonly producerId?: number;
  readonly producerEpoch?: number;
}

function readInitProducerIdRequest(r: WireReader, v: number): Whole<InitProducerIdRequest> {
  const transactionalId = r.nullableString();
  const transactionTimeoutMs = r.int32();
  const producerId = v >= 3 ? r.int64() : -1;
  const producerEpoch = v >= 3 ? r.int16() : -1;
  r.skipTags();
  return { transactionalId, transactionTimeoutMs, producerId, producerEpoch };
}

function writeInitProducerIdRequest(w: WireWriter, o: InitProducerIdRequest, v: number): void {
  w.nullableString(o.transactionalId);
  w.int32(o.transactionTimeoutMs);
  if (v >= 3) w.int64(o.producerId ?? -1);
  else w.absent('InitProducerIdRequest.producerId', o.producerId, -1, v);
  if (v >= 3) w.int16(o.producerEpoch ?? -1);
  else w.absent('InitProducerIdRequest.producerEpoch', o.producerEpoch, -1, v);
  w.noTags();
}

export interface InitProducerIdResponse {
  readonly throttleTimeMs?: number;
  readonly errorCode: number;
  readonly producerId?: number;
  readonly producerEpoch: number;
}

function readInitProducerIdResponse(r: WireReader, _v: number): Whole<InitProducerIdResponse> {
  const throttleTimeMs = r.int32();
  const errorCode = r.int16();
  const producerId = r.int64();
  const producerEpoch = r.int16();
  r.skipTags();
  return { throttleTimeMs, errorCode, producerId, producerEpoch };
}

function writeInitProducerIdResponse(w: WireWriter, o: InitProducerIdResponse, _v: number): void {
  w.int32(o.throttleTimeMs ?? 0);
  w.int16(o.errorCode);
  w.int64(o.producerId ?? -1);
  w.int16(o.producerEpoch);
  w.noTags();
}

export const initProducerIdApi: WireApi<InitProducerIdRequest, InitProducerIdResponse> = {
  key: 22,
  name: 'InitProducerId',
  minVersion: 0,
  maxVersion: 5,
  flexibleFrom: 2,
  request: { read: readInitProducerIdRequest, write: writeInitProducerIdRequest },
  response: { read: readInitProducerIdResponse, write: writeInitProducerIdResponse },
};
