// Requests and responses as they go over a connection: their size, a header, the body.
import type { Whole, WireApi } from './api.ts';
import { WireReader } from './reader.ts';
import { WireWriter } from './writer.ts';

/** The size before each frame, in bytes. */
export const frameSizeBytes = 4;
const apiVersionsKey = 18;

type AnyApi = Pick<WireApi<never, never>, 'key' | 'flexibleFrom'>;
type RequestSide<T> = Pick<WireApi<T, never>, 'key' | 'flexibleFrom' | 'request'>;
type ResponseSide<T> = Pick<WireApi<never, T>, 'key' | 'flexibleFrom' | 'response'>;

export interface RequestHeader {
  readonly key: number;
  readonly version: number;
  readonly correlationId: number;
  readonly clientId: string | null;
}

function framed(body: WireWriter): Uint8Array[] {
  const size = Buffer.allocUnsafe(frameSizeBytes);
  size.writeInt32BE(body.size, 0);
  return [size, ...body.chunks()];
}

/** A request as the chunks of one frame. */
export function encodeRequest<T>(
  api: RequestSide<T>,
  { version, correlationId, clientId }: Omit<RequestHeader, 'key'>,
  message: T,
): Uint8Array[] {
  const flexible = version >= api.flexibleFrom;
  const head = new WireWriter();
  head.int16(api.key);
  head.int16(version);
  head.int32(correlationId);
  // Never compact: a broker has to read it before it knows the version.
  head.nullableString(clientId);
  if (flexible) head.uvarint(0);
  const body = new WireWriter({ flexible });
  api.request.write(body, message, version);
  for (const chunk of body.chunks()) head.raw(chunk);
  return framed(head);
}

/** The header of a request, and where it ends in a version that is not flexible. */
export function readRequestHeader(frame: Buffer): RequestHeader & { readonly end: number } {
  const reader = new WireReader(frame);
  const key = reader.int16();
  const version = reader.int16();
  const correlationId = reader.int32();
  const clientId = reader.nullableString();
  return { key, version, correlationId, clientId, end: reader.at };
}

export function decodeRequest<T>(
  api: RequestSide<T>,
  frame: Buffer,
): RequestHeader & { readonly body: Whole<T> } {
  const { end, ...header } = readRequestHeader(frame);
  const flexible = header.version >= api.flexibleFrom;
  const reader = new WireReader(frame, { at: end, flexible });
  reader.skipTags();
  return { ...header, body: api.request.read(reader, header.version) };
}

/** A response as the chunks of one frame. */
export function encodeResponse<T>(
  api: ResponseSide<T>,
  { version, correlationId }: Pick<RequestHeader, 'version' | 'correlationId'>,
  message: T,
): Uint8Array[] {
  const flexible = version >= api.flexibleFrom;
  const writer = new WireWriter({ flexible });
  writer.int32(correlationId);
  if (hasResponseTags(api, version)) writer.noTags();
  api.response.write(writer, message, version);
  return framed(writer);
}

/** The body of a response whose correlation id has been read. */
export function decodeResponse<T>(api: ResponseSide<T>, version: number, frame: Buffer): Whole<T> {
  const flexible = version >= api.flexibleFrom;
  const reader = new WireReader(frame, { at: 4, flexible });
  if (hasResponseTags(api, version)) reader.skipTags();
  return api.response.read(reader, version);
}

/** A client that asks for ApiVersions does not know yet which header the broker would answer with. */
function hasResponseTags({ key, flexibleFrom }: AnyApi, version: number): boolean {
  return version >= flexibleFrom && key !== apiVersionsKey;
}
