import { type FileHandle, open } from 'node:fs/promises';
import { crc32 } from 'node:zlib';

/*
 * The simplest durable file of records that one would write by hand: batches of
 * | length u32 | crc u32 | ( key length u32 | value length u32 | timestamp f64 | key | value ) ... |
 */
const batchHeader = 8;
const recordHeader = 16;

/** Collects records into a growing buffer and appends them as one batch. */
export class HandWriter {
  readonly #file: FileHandle;
  #buffer = Buffer.allocUnsafeSlow(1 << 20);
  #view = new DataView(this.#buffer.buffer);
  #at = batchHeader;
  #position = 0;

  constructor(file: FileHandle) {
    this.#file = file;
  }

  static async create(path: string): Promise<HandWriter> {
    return new HandWriter(await open(path, 'w'));
  }

  get bytes(): number {
    return this.#at;
  }

  add(key: Uint8Array, value: Uint8Array, timestamp: number): void {
    this.#reserve(recordHeader + key.length + value.length);
    this.#view.setUint32(this.#at, key.length, true);
    this.#view.setUint32(this.#at + 4, value.length, true);
    this.#view.setFloat64(this.#at + 8, timestamp, true);
    this.#buffer.set(key, this.#at + recordHeader);
    this.#buffer.set(value, this.#at + recordHeader + key.length);
    this.#at += recordHeader + key.length + value.length;
  }

  /** As `add`, for texts: encoded straight into the batch. */
  addText(key: string, value: string, timestamp: number): void {
    this.#reserve(recordHeader + 3 * (key.length + value.length));
    const keyLength = this.#buffer.write(key, this.#at + recordHeader);
    const valueLength = this.#buffer.write(value, this.#at + recordHeader + keyLength);
    this.#view.setUint32(this.#at, keyLength, true);
    this.#view.setUint32(this.#at + 4, valueLength, true);
    this.#view.setFloat64(this.#at + 8, timestamp, true);
    this.#at += recordHeader + keyLength + valueLength;
  }

  #reserve(bytes: number): void {
    if (this.#at + bytes <= this.#buffer.length) return;
    const larger = Buffer.allocUnsafeSlow(2 * (this.#buffer.length + bytes));
    this.#buffer.copy(larger);
    this.#buffer = larger;
    this.#view = new DataView(larger.buffer);
  }

  /** Writes what has been collected; with `sync`, until it is on the device. */
  async flush(sync: boolean): Promise<void> {
    if (this.#at > batchHeader) {
      this.#view.setUint32(0, this.#at - 4, true);
      this.#view.setUint32(4, crc32(this.#buffer.subarray(batchHeader, this.#at)), true);
      await this.#file.write(this.#buffer, 0, this.#at, this.#position);
      this.#position += this.#at;
      this.#at = batchHeader;
    }
    if (sync) await this.#file.datasync();
  }

  close(): Promise<void> {
    return this.#file.close();
  }
}

/** Hands out the records of such a file, a batch at a time; keys as texts, values as views. */
export async function* handRead(path: string): AsyncGenerator<HandBatch> {
  const file = await open(path, 'r');
  const header = Buffer.alloc(4);
  try {
    for (let position = 0; ; ) {
      const { bytesRead } = await file.read(header, 0, 4, position);
      if (bytesRead < 4) return;
      const size = header.readUInt32LE(0) + 4;
      const bytes = Buffer.allocUnsafeSlow(size);
      await file.read(bytes, 0, size, position);
      if (crc32(bytes.subarray(batchHeader)) !== bytes.readUInt32LE(4)) throw new Error('damaged');
      yield { bytes, view: new DataView(bytes.buffer) };
      position += size;
    }
  } finally {
    await file.close();
  }
}

export interface HandBatch {
  readonly bytes: Buffer;
  readonly view: DataView;
}

/** Calls back for each record of a batch. */
export function eachRecord(
  { bytes, view }: HandBatch,
  take: (key: string, valueFrom: number, valueTo: number, timestamp: number) => void,
): number {
  let count = 0;
  for (let at = batchHeader; at < bytes.length; count++) {
    const keyEnd = at + recordHeader + view.getUint32(at, true);
    const end = keyEnd + view.getUint32(at + 4, true);
    take(bytes.toString('utf8', at + recordHeader, keyEnd), keyEnd, end, view.getFloat64(at + 8, true));
    at = end;
  }
  return count;
}

/** Calls `commit` whenever the interval has passed. */
export class CommitClock {
  #next = performance.now() + 100;

  due(): boolean {
    const now = performance.now();
    if (now < this.#next) return false;
    this.#next = now + 100;
    return true;
  }
}
