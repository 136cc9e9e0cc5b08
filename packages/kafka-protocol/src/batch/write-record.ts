import {
  type Bytes,
  bytesLength,
  copyView,
  type Headers,
  type ProducerRecord,
  textLength,
  writeText,
} from '@millrace/log-client';
import {
  smallVarintBytes,
  smallVarintEnd,
  varintBytes,
  writeSmallVarint,
  writeVarint,
  writeVarlong,
} from './varint.ts';

/** What a record takes besides key, value and headers, at most. */
export const recordOverhead = 32;
/** The most bytes of a unit of text. */
export const bytesPerUnit = 3;
/** What is not a body of a record's fields, at least: attributes, deltas, lengths. */
const leastOverhead = 6;
/** What a plain record takes besides lengths, deltas and its fields: attributes, the number of headers. */
const plainOverhead = 2;

function headersBytes(headers: Headers): number {
  let size = varintBytes(headers.length);
  for (const { key, value } of headers) {
    const keyBytes = textLength(key);
    size += varintBytes(keyBytes) + keyBytes + varintBytes(value?.length ?? -1) + (value?.length ?? 0);
  }
  return size;
}

/** About the bytes that a record takes in a batch; never less. */
export function recordBytes({ key, value, headers }: ProducerRecord): number {
  return (
    recordOverhead +
    bytesLength(key) +
    bytesLength(value) +
    (headers.length === 0 ? 0 : headersBytes(headers))
  );
}

/** As {@link recordBytes}, with one byte for each unit of a text: it may take {@link bytesPerUnit}. */
export function leastRecordBytes({ key, value, headers }: ProducerRecord): number {
  return (
    recordOverhead +
    (key?.length ?? 0) +
    (value?.length ?? 0) +
    (headers.length === 0 ? 0 : headersBytes(headers))
  );
}

/** Writes a length and the bytes after it. A text is encoded where it goes. */
function writeField(target: Buffer, start: number, bytes: Bytes | null): number {
  if (bytes === null) {
    target[start] = 1;
    return start + 1;
  }
  if (typeof bytes !== 'string') return copyView(bytes, target, writeVarint(target, start, bytes.length));
  // UTF-8 takes a byte for each unit of text, or more: nearly always the length needs no more room.
  const room = varintBytes(bytes.length);
  const size = writeText(bytes, target, start + room) - start - room;
  const needed = varintBytes(size);
  if (needed !== room) target.copyWithin(start + needed, start + room, start + room + size);
  writeVarint(target, start, size);
  return start + needed + size;
}

/** The length of a field, -1 for null; for a text a length that no plain record has. */
export function plainLength(field: Bytes | null): number {
  if (field === null) return -1;
  return typeof field === 'string' ? smallVarintEnd : field.length;
}

/**
 * Writes a record without headers and texts whose lengths and deltas are small: nearly all are. Its own
 * length is known first: nothing moves, and the compiler makes one piece of it.
 */
// oxlint-disable-next-line eslint/max-params -- Per record: no options object.
export function writePlainRecord(
  target: Buffer,
  start: number,
  { key, value }: ProducerRecord,
  keyLength: number,
  valueLength: number,
  timestampDelta: number,
  offsetDelta: number,
): number {
  const size =
    plainOverhead +
    smallVarintBytes(timestampDelta) +
    smallVarintBytes(offsetDelta) +
    smallVarintBytes(keyLength) +
    smallVarintBytes(valueLength) +
    (key === null ? 0 : keyLength) +
    (value === null ? 0 : valueLength);
  let at = writeVarint(target, start, size);
  target[at] = 0;
  at = writeSmallVarint(target, at + 1, timestampDelta);
  at = writeSmallVarint(target, at, offsetDelta);
  at = writeSmallVarint(target, at, keyLength);
  if (key !== null) at = copyView(key as Uint8Array, target, at);
  at = writeSmallVarint(target, at, valueLength);
  if (value !== null) {
    target.set(value as Uint8Array, at);
    at += valueLength;
  }
  target[at] = 0;
  return at + 1;
}

/**
 * Writes a record's length, which comes first and is known last: the body moves where the room that was left
 * for it is wrong. Returns where the record ends.
 */
function writeSize(target: Buffer, start: number, body: number, end: number): number {
  const size = end - body;
  const at = start + varintBytes(size);
  if (at !== body) target.copyWithin(at, body, end);
  writeVarint(target, start, size);
  return at + size;
}

/** Writes a record of any kind. */
// oxlint-disable-next-line eslint/max-params -- Per record: no options object.
export function writeAnyRecord(
  target: Buffer,
  start: number,
  { key, value, headers }: ProducerRecord,
  timestampDelta: number,
  offsetDelta: number,
): number {
  const body = start + varintBytes(leastOverhead + (key?.length ?? 0) + (value?.length ?? 0));
  target[body] = 0;
  let at = writeVarlong(target, body + 1, timestampDelta);
  at = writeVarint(target, at, offsetDelta);
  at = writeField(target, at, key);
  at = writeField(target, at, value);
  if (headers.length === 0) {
    target[at++] = 0;
  } else {
    at = writeVarint(target, at, headers.length);
    for (const header of headers) {
      at = writeField(target, at, header.key);
      at = writeField(target, at, header.value);
    }
  }
  return writeSize(target, start, body, at);
}

/** Writes a record where the target has room for it; returns where it ends. */
// oxlint-disable-next-line eslint/max-params -- Per record: no options object.
export function writeRecord(
  target: Buffer,
  start: number,
  record: ProducerRecord,
  timestampDelta: number,
  offsetDelta: number,
): number {
  const keyLength = plainLength(record.key);
  const valueLength = plainLength(record.value);
  return record.headers.length === 0 &&
    timestampDelta >= 0 &&
    timestampDelta < smallVarintEnd &&
    offsetDelta < smallVarintEnd &&
    keyLength < smallVarintEnd &&
    valueLength < smallVarintEnd
    ? writePlainRecord(target, start, record, keyLength, valueLength, timestampDelta, offsetDelta)
    : writeAnyRecord(target, start, record, timestampDelta, offsetDelta);
}
