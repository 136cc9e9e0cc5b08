import { writeLong } from '@millrace/log-client';

/** Record batches as they are written: in one piece or in several, which are not copied. */
export type WireRecords = Uint8Array | readonly Uint8Array[] | null;

/** Longer bytes are passed on as they are rather than copied. */
const copiedBytes = 4096;

/**
 * Writes Kafka's wire types, big-endian, as a list of chunks: long bytes stay where they are. In a flexible
 * version lengths are compact.
 */
export class WireWriter {
  readonly #flexible: boolean;
  readonly #chunks: Uint8Array[] = [];
  #chunkedBytes = 0;
  #buffer: Buffer;
  /** From here on the buffer is in no chunk yet. */
  #start = 0;
  #at = 0;

  constructor({
    size = 256,
    flexible = false,
  }: { readonly size?: number; readonly flexible?: boolean } = {}) {
    this.#buffer = Buffer.allocUnsafe(size);
    this.#flexible = flexible;
  }

  /** How many bytes have been written. */
  get size(): number {
    return this.#chunkedBytes + this.#at - this.#start;
  }

  /** What has been written, in order. */
  chunks(): readonly Uint8Array[] {
    this.#cut();
    return this.#chunks;
  }

  #cut(): void {
    if (this.#at === this.#start) return;
    this.#chunks.push(this.#buffer.subarray(this.#start, this.#at));
    this.#chunkedBytes += this.#at - this.#start;
    this.#start = this.#at;
  }

  /** Makes room and returns where it is: call it before the buffer is touched, which it may replace. */
  #reserve(bytes: number): number {
    const at = this.#at;
    if (at + bytes <= this.#buffer.length) {
      this.#at = at + bytes;
      return at;
    }
    const kept = at - this.#start;
    const grown = Buffer.allocUnsafe(Math.max(kept + bytes, (this.#buffer.length - this.#start) * 2, 256));
    this.#buffer.copy(grown, 0, this.#start, at);
    this.#buffer = grown;
    this.#start = 0;
    this.#at = kept + bytes;
    return kept;
  }

  bool(value: boolean): void {
    this.int8(value ? 1 : 0);
  }

  int8(value: number): void {
    const at = this.#reserve(1);
    this.#buffer[at] = value & 0xff;
  }

  int16(value: number): void {
    const at = this.#reserve(2);
    this.#buffer.writeInt16BE(value, at);
  }

  uint16(value: number): void {
    const at = this.#reserve(2);
    this.#buffer.writeUInt16BE(value, at);
  }

  int32(value: number): void {
    const at = this.#reserve(4);
    this.#buffer.writeInt32BE(value, at);
  }

  uint32(value: number): void {
    const at = this.#reserve(4);
    this.#buffer.writeUInt32BE(value, at);
  }

  /** Safe integers only. */
  int64(value: number): void {
    const at = this.#reserve(8);
    writeLong(this.#buffer, value, at);
  }

  float64(value: number): void {
    const at = this.#reserve(8);
    this.#buffer.writeDoubleBE(value, at);
  }

  /** @param value in base64, as Kafka's tools print it */
  uuid(value: string): void {
    const at = this.#reserve(16);
    this.#buffer.fill(0, at, at + 16);
    this.#buffer.write(value, at, 16, 'base64url');
  }

  uvarint(value: number): void {
    let rest = value >>> 0;
    while (rest > 0x7f) {
      this.int8((rest & 0x7f) | 0x80);
      rest >>>= 7;
    }
    this.int8(rest);
  }

  /** Bytes without their length. */
  raw(value: Uint8Array): void {
    if (value.length > copiedBytes) {
      this.#cut();
      this.#chunks.push(value);
      this.#chunkedBytes += value.length;
      return;
    }
    const at = this.#reserve(value.length);
    this.#buffer.set(value, at);
  }

  string(value: string): void {
    this.nullableString(value);
  }

  nullableString(value: string | null): void {
    if (value === null) {
      this.#shortLength(-1);
      return;
    }
    const bytes = Buffer.byteLength(value);
    this.#shortLength(bytes);
    const at = this.#reserve(bytes);
    this.#buffer.write(value, at, bytes, 'utf8');
  }

  #shortLength(length: number): void {
    if (this.#flexible) this.uvarint(length + 1);
    else this.int16(length);
  }

  #length(length: number): void {
    if (this.#flexible) this.uvarint(length + 1);
    else this.int32(length);
  }

  bytes(value: Uint8Array): void {
    this.nullableBytes(value);
  }

  nullableBytes(value: Uint8Array | null): void {
    this.#length(value === null ? -1 : value.length);
    if (value !== null) this.raw(value);
  }

  records(value: WireRecords): void {
    if (value === null || value instanceof Uint8Array) {
      this.nullableBytes(value);
      return;
    }
    this.#length(value.reduce((sum, { length }) => sum + length, 0));
    for (const chunk of value) this.raw(chunk);
  }

  array<T>(
    items: readonly T[],
    write: (writer: WireWriter, item: T, version: number) => void,
    version: number,
  ): void {
    this.#length(items.length);
    for (const item of items) write(this, item, version);
  }

  nullableArray<T>(
    items: readonly T[] | null,
    write: (writer: WireWriter, item: T, version: number) => void,
    version: number,
  ): void {
    if (items === null) this.#length(-1);
    else this.array(items, write, version);
  }

  nullable<T>(
    value: T | null,
    write: (writer: WireWriter, value: T, version: number) => void,
    version: number,
  ): void {
    this.int8(value === null ? -1 : 1);
    if (value !== null) write(this, value, version);
  }

  /** The end of a struct without tagged fields. */
  noTags(): void {
    if (this.#flexible) this.int8(0);
  }

  /** The end of a struct: its tagged fields in the order of their tags, those that are set. */
  tags(fields: readonly (false | readonly [tag: number, write: (writer: WireWriter) => void])[]): void {
    if (!this.#flexible) return;
    const set = fields.filter((field) => field !== false);
    this.uvarint(set.length);
    for (const [tag, write] of set) {
      const value = new WireWriter({ size: 64, flexible: true });
      write(value);
      this.uvarint(tag);
      this.uvarint(value.size);
      for (const chunk of value.chunks()) this.raw(chunk);
    }
  }

  /** @throws RangeError where a field is set that this version of the message cannot say */
  absent(field: string, value: unknown, usual: unknown, version: number): void {
    if (isSet(value, usual)) throw new RangeError(`Version ${version} has no field ${field}, which is set`);
  }
}

/** Whether a field has another value than its usual one. */
export function isSet<T>(value: T | undefined, usual: T): value is T {
  if (value === undefined || value === usual) return false;
  return !(isEmptyList(value) && isEmptyList(usual));
}

function isEmptyList(value: unknown): boolean {
  return (Array.isArray(value) || value instanceof Uint8Array) && value.length === 0;
}
