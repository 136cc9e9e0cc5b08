import { readLatin1, textBytes, textLength, writeText } from './text.ts';

/** Bytes, or a text that stands for its UTF-8 bytes: a log encodes it straight to where it goes. */
export type Bytes = Uint8Array | string;

/** The bytes that a text stands for; bytes as they are. */
export function toBytes(bytes: Bytes): Uint8Array {
  return typeof bytes === 'string' ? textBytes(bytes) : bytes;
}

/** How many bytes they are. */
export function bytesLength(bytes: Bytes | null): number {
  if (bytes === null) return 0;
  return typeof bytes === 'string' ? textLength(bytes) : bytes.length;
}

/** A character for each byte: compares as the bytes do, and is a key of a Map. */
export function latin1Of(bytes: Uint8Array): string {
  return readLatin1(asBuffer(bytes), 0, bytes.length);
}

/** The same bytes as a Buffer, without a copy. */
export function asBuffer(bytes: Uint8Array): Buffer {
  return bytes instanceof Buffer ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

const two32 = 0x1_0000_0000;

/** Writes a whole number as 8 bytes, big-endian, two's complement: as Java writes a long. */
export function writeLong(bytes: Buffer, value: number, at: number): void {
  const high = Math.floor(value / two32);
  bytes[at] = high >>> 24;
  bytes[at + 1] = high >>> 16;
  bytes[at + 2] = high >>> 8;
  bytes[at + 3] = high;
  bytes[at + 4] = value >>> 24;
  bytes[at + 5] = value >>> 16;
  bytes[at + 6] = value >>> 8;
  bytes[at + 7] = value >>> 0;
}

/** Reads what `writeLong` writes; exact up to 2^53. */
export function readLong(bytes: Buffer, at: number): number {
  return bytes.readInt32BE(at) * two32 + bytes.readUInt32BE(at + 4);
}

const shortCopy = 12;

/** Writes bytes, or a text as UTF-8, into a buffer; returns where they end. */
export function copyBytes(source: Bytes, target: Buffer, at: number): number {
  return typeof source === 'string' ? writeText(source, target, at) : copyView(source, target, at);
}

/** As `copyBytes`, of what is known to be no text: small enough to become a part of its callers. */
export function copyView(source: Uint8Array, target: Buffer, at: number): number {
  const { length } = source;
  // A call of `set` costs more than a short loop.
  if (length <= shortCopy) for (let index = 0; index < length; index++) target[at + index] = source[index]!;
  else target.set(source, at);
  return at + length;
}
