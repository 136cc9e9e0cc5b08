import { LogError } from '@millrace/log-client';

/** Where the parts of a record are in the body of a batch. One object, filled again for each record. */
export interface RawRecord {
  start: number;
  end: number;
  offsetDelta: number;
  keyStart: number;
  /** Before {@link keyStart} for a null key. */
  keyEnd: number;
  hasValue: boolean;
}

/** Goes through the records of a batch without making any: where they are, their keys, their offsets. */
export class RawRecords {
  readonly record: RawRecord = {
    start: 0,
    end: 0,
    offsetDelta: 0,
    keyStart: 0,
    keyEnd: 0,
    hasValue: false,
  };
  #body: Buffer = Buffer.alloc(0);
  #at = 0;
  #end = 0;

  /** Starts at the first record. */
  begin(body: Buffer, start: number, end: number): void {
    this.#body = body;
    this.#at = start;
    this.#end = end;
  }

  /** Whether there is another record, which {@link record} then is. @throws LogError `LOG_CORRUPT` */
  next(): boolean {
    if (this.#at >= this.#end) return false;
    const { record } = this;
    record.start = this.#at;
    const length = this.#varint();
    record.end = this.#at + length;
    if (length <= 0 || record.end > this.#end) {
      throw new LogError('LOG_CORRUPT', 'A record of a batch that is compacted runs past its end');
    }
    this.#at++;
    this.#skipVarint();
    record.offsetDelta = this.#varint();
    const keyLength = this.#varint();
    record.keyStart = this.#at;
    record.keyEnd = this.#at + keyLength;
    if (keyLength > 0) this.#at += keyLength;
    record.hasValue = this.#varint() >= 0;
    this.#at = record.end;
    return true;
  }

  #varint(): number {
    let value = 0;
    for (let shift = 0; ; shift += 7) {
      const byte = this.#body[this.#at++]!;
      value |= (byte & 0x7f) << shift;
      if (!(byte >= 0x80)) return (value >>> 1) ^ -(value & 1);
    }
  }

  #skipVarint(): void {
    while (this.#body[this.#at++]! >= 0x80);
  }
}
