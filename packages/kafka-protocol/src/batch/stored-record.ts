import { type Headers, type LogRecord, readText, type ViewedBytes } from '@millrace/log-client';

/** A record inside a batch. Its key and value are views of the batch, made only when they are asked for. */
export class StoredRecord implements LogRecord {
  // One for every record read: plain fields are set faster than #private ones.
  readonly timestamp: number;
  readonly headers: Headers;
  readonly offset: number;
  private readonly source: ViewedBytes;
  private readonly keyAt: number;
  /** Negative for a null key. */
  private readonly keyLength: number;
  private readonly valueAt: number;
  private readonly valueLength: number;

  // oxlint-disable-next-line eslint/max-params -- One per record: no options object.
  constructor(
    source: ViewedBytes,
    keyAt: number,
    keyLength: number,
    valueAt: number,
    valueLength: number,
    timestamp: number,
    headers: Headers,
    offset: number,
  ) {
    this.source = source;
    this.keyAt = keyAt;
    this.keyLength = keyLength;
    this.valueAt = valueAt;
    this.valueLength = valueLength;
    this.timestamp = timestamp;
    this.headers = headers;
    this.offset = offset;
  }

  get key(): Uint8Array | null {
    return this.keyLength < 0 ? null : this.source.view(this.keyAt, this.keyLength);
  }

  get value(): Uint8Array | null {
    return this.valueLength < 0 ? null : this.source.view(this.valueAt, this.valueLength);
  }

  keyText(): string | null {
    return this.keyLength < 0 ? null : readText(this.source.bytes, this.keyAt, this.keyAt + this.keyLength);
  }

  valueText(): string | null {
    if (this.valueLength < 0) return null;
    return readText(this.source.bytes, this.valueAt, this.valueAt + this.valueLength);
  }
}
