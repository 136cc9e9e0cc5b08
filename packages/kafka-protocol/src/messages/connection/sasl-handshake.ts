// Generated from Apache Kafka's message definitions by tools/kafka-messages: see NOTICE. Not to be edited.
import * as element from '../../wire/elements.ts';
import { type Whole, type WireApi, type WireReader, type WireWriter } from '../../wire/index.ts';

export interface SaslHandshakeRequest {
  readonly mechanism: string;
}

function readSaslHandshakeRequest(r: WireReader, _v: number): Whole<SaslHandshakeRequest> {
  const mechanism = r.string();
  return { mechanism };
}

function writeSaslHandshakeRequest(w: WireWriter, o: SaslHandshakeRequest, _v: number): void {
  w.string(o.mechanism);
}

export interface SaslHandshakeResponse {
  readonly errorCode: number;
  readonly mechanisms: readonly string[];
}

function readSaslHandshakeResponse(r: WireReader, v: number): Whole<SaslHandshakeResponse> {
  const errorCode = r.int16();
  const mechanisms = r.array(element.getString, v);
  return { errorCode, mechanisms };
}

function writeSaslHandshakeResponse(w: WireWriter, o: SaslHandshakeResponse, v: number): void {
  w.int16(o.errorCode);
  w.array(o.mechanisms, element.putString, v);
}

export const saslHandshakeApi: WireApi<SaslHandshakeRequest, SaslHandshakeResponse> = {
  key: 17,
  name: 'SaslHandshake',
  minVersion: 0,
  maxVersion: 1,
  flexibleFrom: Number.POSITIVE_INFINITY,
  request: { read: readSaslHandshakeRequest, write: writeSaslHandshakeRequest },
  response: { read: readSaslHandshakeResponse, write: writeSaslHandshakeResponse },
};
