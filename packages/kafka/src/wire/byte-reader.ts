import { LogError, readLong } from '@millrace/log-client';

/** Reads Kafka's wire types, big-endian. */
export class ByteReader {
  readonly buffer: Buffer;
  at: number;

  constructor(buffer: Buffer, at = 0) {
    this.buffer = buffer;
    this.at = at;
  }

  #take(bytes: number): number {
    const at = this.at;
    if (bytes < 0 || at + bytes > this.buffer.length) {
      throw new LogError('LOG_CORRUPT', 'An answer of the broker ends before it is whole');
    }
    this.at = at + bytes;
    return at;
  }

  int8(): number {
    return this.buffer.readInt8(this.#take(1));
  }

  int16(): number {
    return this.buffer.readInt16BE(this.#take(2));
  }

  int32(): number {
    return this.buffer.readInt32BE(this.#take(4));
  }

  /** A 64-bit integer; exact up to 2^53. */
  int64(): number {
    const at = this.#take(8);
    return readLong(this.buffer, at);
  }

  bool(): boolean {
    return this.int8() !== 0;
  }

  uvarint(): number {
    let value = 0;
    for (let shift = 0; ; shift += 7) {
      const byte = this.buffer[this.#take(1)]!;
      value |= (byte & 0x7f) << shift;
      if (byte < 0x80) return value >>> 0;
    }
  }

  slice(bytes: number): Buffer {
    const at = this.#take(bytes);
    return this.buffer.subarray(at, at + bytes);
  }

  #text(bytes: number): string {
    const at = this.#take(bytes);
    return this.buffer.toString('utf8', at, at + bytes);
  }

  string(): string | null {
    const length = this.int16();
    return length < 0 ? null : this.#text(length);
  }

  compactString(): string | null {
    const length = this.uvarint();
    return length === 0 ? null : this.#text(length - 1);
  }

  uuid(): string {
    return this.slice(16).toString('base64url');
  }

  array<T>(read: () => T): T[] {
    return this.#items(this.int32(), read);
  }

  compactArray<T>(read: () => T): T[] {
    return this.#items(this.uvarint() - 1, read);
  }

  #items<T>(count: number, read: () => T): T[] {
    const items: T[] = [];
    for (let index = 0; index < count; index++) items.push(read());
    return items;
  }

  /** Skips the tagged fields at the end of a structure in a flexible version. */
  tags(): void {
    for (let count = this.uvarint(); count > 0; count--) {
      this.uvarint();
      this.slice(this.uvarint());
    }
  }
}
