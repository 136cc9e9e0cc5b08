import { LogError, readLong } from '@millrace/log-client';

/** Reads Kafka's wire types, big-endian. In a flexible version lengths are compact. */
export class WireReader {
  readonly buffer: Buffer;
  readonly #flexible: boolean;
  #at: number;

  constructor(
    buffer: Buffer,
    { at = 0, flexible = false }: { readonly at?: number; readonly flexible?: boolean } = {},
  ) {
    this.buffer = buffer;
    this.#at = at;
    this.#flexible = flexible;
  }

  /** The place of the next byte. */
  get at(): number {
    return this.#at;
  }

  #take(bytes: number): number {
    const at = this.#at;
    if (bytes < 0 || at + bytes > this.buffer.length) {
      throw corrupt(`it ends after ${this.buffer.length - at} of ${bytes} bytes of a field`);
    }
    this.#at = at + bytes;
    return at;
  }

  bool(): boolean {
    return this.buffer[this.#take(1)] !== 0;
  }

  int8(): number {
    return this.buffer.readInt8(this.#take(1));
  }

  int16(): number {
    return this.buffer.readInt16BE(this.#take(2));
  }

  uint16(): number {
    return this.buffer.readUInt16BE(this.#take(2));
  }

  int32(): number {
    return this.buffer.readInt32BE(this.#take(4));
  }

  uint32(): number {
    return this.buffer.readUInt32BE(this.#take(4));
  }

  /** Exact up to 2^53. */
  int64(): number {
    const at = this.#take(8);
    return readLong(this.buffer, at);
  }

  float64(): number {
    return this.buffer.readDoubleBE(this.#take(8));
  }

  /** A UUID in base64, as Kafka's tools print it. */
  uuid(): string {
    const at = this.#take(16);
    return this.buffer.toString('base64url', at, at + 16);
  }

  uvarint(): number {
    let value = 0;
    for (let shift = 0; shift < 35; shift += 7) {
      const byte = this.buffer[this.#take(1)]!;
      value |= (byte & 0x7f) << shift;
      if (byte < 0x80) return value >>> 0;
    }
    throw corrupt('a length has more than five bytes');
  }

  slice(bytes: number): Buffer {
    const at = this.#take(bytes);
    return this.buffer.subarray(at, at + bytes);
  }

  string(): string {
    return this.nullableString() ?? this.#missing('text');
  }

  nullableString(): string | null {
    const length = this.#flexible ? this.uvarint() - 1 : this.int16();
    if (length < 0) return null;
    const at = this.#take(length);
    return this.buffer.toString('utf8', at, at + length);
  }

  bytes(): Buffer {
    return this.nullableBytes() ?? this.#missing('bytes');
  }

  nullableBytes(): Buffer | null {
    const length = this.#flexible ? this.uvarint() - 1 : this.int32();
    return length < 0 ? null : this.slice(length);
  }

  /** Record batches, one after the other. */
  records(): Buffer | null {
    return this.nullableBytes();
  }

  array<T>(read: (reader: WireReader, version: number) => T, version: number): T[] {
    return this.nullableArray(read, version) ?? this.#missing('a list');
  }

  nullableArray<T>(read: (reader: WireReader, version: number) => T, version: number): T[] | null {
    const count = this.#flexible ? this.uvarint() - 1 : this.int32();
    if (count < 0) return null;
    // Each element takes a byte at least: no memory for what cannot be there.
    if (count > this.buffer.length - this.#at)
      throw corrupt(`it announces ${count} elements and ends before`);
    const items: T[] = [];
    for (let index = 0; index < count; index++) items.push(read(this, version));
    return items;
  }

  nullable<T>(read: (reader: WireReader, version: number) => T, version: number): T | null {
    return this.int8() < 0 ? null : read(this, version);
  }

  /** The tagged fields at the end of a struct; `onTag` reads those that it knows, the rest is skipped. */
  tags(onTag: (tag: number) => void): void {
    if (!this.#flexible) return;
    for (let count = this.uvarint(); count > 0; count--) {
      const tag = this.uvarint();
      const bytes = this.uvarint();
      const end = this.#at + bytes;
      if (end > this.buffer.length) throw corrupt('a tagged field is longer than the rest');
      onTag(tag);
      this.#at = end;
    }
  }

  skipTags(): void {
    this.tags(noTag);
  }

  #missing(what: string): never {
    throw corrupt(`${what} may not be null before byte ${this.#at}`);
  }
}

function noTag(): void {}

function corrupt(why: string): LogError {
  return new LogError('LOG_CORRUPT', `A message of Kafka's protocol cannot be read: ${why}`);
}
