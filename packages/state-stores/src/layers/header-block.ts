import { asBuffer, type Header, type Headers, noHeaders } from '@millrace/log-client';

/*
 * Headers one after the other: | key length u16 | value length + 1 u32 | key | value | ...
 * A length of 0 stands for null.
 */
const lengthBytes = 6;

/** Headers to keep: as they come, their values are parts of a whole batch. */
export function ownHeaders(headers: Headers): Headers {
  if (headers.length === 0) return noHeaders;
  // Not Buffer.from, which takes a part of a shared pool.
  return headers.map(({ key, value }) => ({ key, value: value && asBuffer(Uint8Array.from(value)) }));
}

/** The bytes of headers, in pieces. */
export function encodeHeaders(headers: Headers): Uint8Array[] {
  return headers.flatMap(({ key, value }) => {
    const name = Buffer.from(key);
    const lengths = Buffer.alloc(lengthBytes);
    lengths.writeUInt16BE(name.length, 0);
    lengths.writeUInt32BE(value === null ? 0 : value.length + 1, 2);
    return value === null ? [lengths, name] : [lengths, name, value];
  });
}

/** So many headers from `start` on, and where they end. */
export function decodeHeaders(
  source: Uint8Array,
  start: number,
  count: number,
): { readonly headers: Headers; readonly end: number } {
  if (count === 0) return { headers: noHeaders, end: start };
  const bytes = asBuffer(source);
  const headers: Header[] = [];
  let at = start;
  for (let index = 0; index < count; index++) {
    const keyAt = at + lengthBytes;
    const valueAt = keyAt + bytes.readUInt16BE(at);
    const valueLength = bytes.readUInt32BE(at + 2);
    at = valueAt + Math.max(0, valueLength - 1);
    const value = valueLength === 0 ? null : bytes.subarray(valueAt, at);
    headers.push({ key: bytes.toString('utf8', keyAt, valueAt), value });
  }
  return { headers, end: at };
}
