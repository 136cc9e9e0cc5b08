// Generated from Apache Kafka's message definitions by tools/kafka-messages: see NOTICE. Not to be edited.
import { type Whole, type WireApi, type WireReader, type WireWriter } from '../../wire/index.ts';

export interface EndTxnRequest {
  readonly transactionalId: string;
  readonly producerId: number;
  readonly producerEpoch: number;
  readonly committed: boolean;
}

function readEndTxnRequest(r: WireReader, _v: number): Whole<EndTxnRequest> {
  const transactionalId = r.string();
  const producerId = r.int64();
  const producerEpoch = r.int16();
  const committed = r.bool();
  r.skipTags();
  return { transactionalId, producerId, producerEpoch, committed };
}

function writeEndTxnRequest(w: WireWriter, o: EndTxnRequest, _v: number): void {
  w.string(o.transactionalId);
  w.int64(o.producerId);
  w.int16(o.producerEpoch);
  w.bool(o.committed);
  w.noTags();
}

export interface EndTxnResponse {
  readonly throttleTimeMs?: number;
  readonly errorCode: number;
}

function readEndTxnResponse(r: WireReader, _v: number): Whole<EndTxnResponse> {
  const throttleTimeMs = r.int32();
  const errorCode = r.int16();
  r.skipTags();
  return { throttleTimeMs, errorCode };
}

function writeEndTxnResponse(w: WireWriter, o: EndTxnResponse, _v: number): void {
  w.int32(o.throttleTimeMs ?? 0);
  w.int16(o.errorCode);
  w.noTags();
}

export const endTxnApi: WireApi<EndTxnRequest, EndTxnResponse> = {
  key: 26,
  name: 'EndTxn',
  minVersion: 0,
  maxVersion: 4,
  flexibleFrom: 3,
  request: { read: readEndTxnRequest, write: writeEndTxnRequest },
  response: { read: readEndTxnResponse, write: writeEndTxnResponse },
};
