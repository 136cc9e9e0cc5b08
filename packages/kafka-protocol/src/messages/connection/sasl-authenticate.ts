// Generated from Apache Kafka's message definitions by tools/kafka-messages: see NOTICE. Not to be edited.
import { type Whole, type WireApi, type WireReader, type WireWriter } from '../../wire/index.ts';

export interface SaslAuthenticateRequest {
  readonly authBytes: Uint8Array;
}

function readSaslAuthenticateRequest(r: WireReader, _v: number): Whole<SaslAuthenticateRequest> {
  const authBytes = r.bytes();
  r.skipTags();
  return { authBytes };
}

function writeSaslAuthenticateRequest(w: WireWriter, o: SaslAuthenticateRequest, _v: number): void {
  w.bytes(o.authBytes);
  w.noTags();
}

export interface SaslAuthenticateResponse {
  readonly errorCode: number;
  readonly errorMessage: string | null;
  readonly authBytes: Uint8Array;
  readonly sessionLifetimeMs?: number;
}

function readSaslAuthenticateResponse(r: WireReader, v: number): Whole<SaslAuthenticateResponse> {
  const errorCode = r.int16();
  const errorMessage = r.nullableString();
  const authBytes = r.bytes();
  const sessionLifetimeMs = v >= 1 ? r.int64() : 0;
  r.skipTags();
  return { errorCode, errorMessage, authBytes, sessionLifetimeMs };
}

function writeSaslAuthenticateResponse(w: WireWriter, o: SaslAuthenticateResponse, v: number): void {
  w.int16(o.errorCode);
  w.nullableString(o.errorMessage);
  w.bytes(o.authBytes);
  if (v >= 1) w.int64(o.sessionLifetimeMs ?? 0);
  w.noTags();
}

export const saslAuthenticateApi: WireApi<SaslAuthenticateRequest, SaslAuthenticateResponse> = {
  key: 36,
  name: 'SaslAuthenticate',
  minVersion: 0,
  maxVersion: 2,
  flexibleFrom: 2,
  request: { read: readSaslAuthenticateRequest, write: writeSaslAuthenticateRequest },
  response: { read: readSaslAuthenticateResponse, write: writeSaslAuthenticateResponse },
};
