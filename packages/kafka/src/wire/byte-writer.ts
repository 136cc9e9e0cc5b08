import { writeLong } from '@millrace/log-client';

/** Writes Kafka's wire types, big-endian, into a buffer that grows. */
export class ByteWriter {
  buf: Buffer;
  #at = 0;

  constructor(size = 256) {
    this.buf = Buffer.allocUnsafe(size);
  }

  /** What has been written so far. */
  get buffer(): Buffer {
    return this.buf.subarray(0, this.#at);
  }

  get size(): number {
    return this.#at;
  }

  /** Makes room for this many bytes and returns where they go. */
  reserve(bytes: number): number {
    const at = this.#at;
    const end = at + bytes;
    if (end > this.buf.length) {
      const grown = Buffer.allocUnsafe(Math.max(end, this.buf.length * 2));
      this.buf.copy(grown, 0, 0, at);
      this.buf = grown;
    }
    this.#at = end;
    return at;
  }

  int8(value: number): this {
    const at = this.reserve(1);
    this.buf[at] = value & 0xff;
    return this;
  }

  int16(value: number): this {
    const at = this.reserve(2);
    this.buf.writeInt16BE(value, at);
    return this;
  }

  int32(value: number): this {
    const at = this.reserve(4);
    this.buf.writeInt32BE(value, at);
    return this;
  }

  /** A 64-bit integer; safe integers only. */
  int64(value: number): this {
    const at = this.reserve(8);
    writeLong(this.buf, value, at);
    return this;
  }

  bool(value: boolean): this {
    return this.int8(value ? 1 : 0);
  }

  uvarint(value: number): this {
    let rest = value >>> 0;
    while (rest > 0x7f) {
      this.int8((rest & 0x7f) | 0x80);
      rest >>>= 7;
    }
    return this.int8(rest);
  }

  bytes(value: Uint8Array): this {
    const at = this.reserve(value.length);
    this.buf.set(value, at);
    return this;
  }

  string(value: string | null): this {
    if (value === null) return this.int16(-1);
    const length = Buffer.byteLength(value);
    this.int16(length);
    const at = this.reserve(length);
    this.buf.write(value, at);
    return this;
  }

  compactString(value: string | null): this {
    if (value === null) return this.uvarint(0);
    const length = Buffer.byteLength(value);
    this.uvarint(length + 1);
    const at = this.reserve(length);
    this.buf.write(value, at);
    return this;
  }

  array<T>(items: readonly T[], write: (item: T) => void): this {
    this.int32(items.length);
    for (const item of items) write(item);
    return this;
  }

  compactArray<T>(items: readonly T[] | null, write: (item: T) => void): this {
    this.uvarint(items === null ? 0 : items.length + 1);
    for (const item of items ?? []) write(item);
    return this;
  }

  /** The end of a structure in a flexible version: no tagged fields. */
  tags(): this {
    return this.int8(0);
  }
}
