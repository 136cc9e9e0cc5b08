import type { Headers, Serde } from '@millrace/log-client';

/**
 * Keys and values as JSON, or as the bytes that their serdes make: what one instance tells another, which
 * knows the serdes too, so that dates, bigints and bytes come through as they are.
 */
export type Format = 'json' | 'bytes';

/** A row as it goes over the wire; `value` is left out where the row is gone. */
export interface WireRow {
  readonly key: unknown;
  readonly value?: unknown;
  readonly timestamp: number;
  /** Where the table keeps them; values as text, or as bytes are in this format. */
  readonly headers?: readonly { readonly key: string; readonly value: string | null }[];
  /** Of rows with windows, in milliseconds. */
  readonly window?: { readonly start: number; readonly end: number };
  /** Of a copy: changelog records that it is behind. */
  readonly lag?: number;
}

function base64(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('base64');
}

export function toWire<T>(value: T, serde: Serde<T>, format: Format): unknown {
  if (format === 'bytes') return base64(serde.serialize(value));
  if (value instanceof Uint8Array) return base64(value);
  return value;
}

export function fromWire<T>(value: unknown, serde: Serde<T>): T {
  return serde.deserialize(Buffer.from(value as string, 'base64'));
}

export function headersToWire(headers: Headers, format: Format): NonNullable<WireRow['headers']> {
  const coded = format === 'bytes' ? base64 : (value: Uint8Array) => Buffer.from(value).toString('utf8');
  return headers.map(({ key, value }) => ({ key, value: value && coded(value) }));
}

/** From the format `bytes`. */
export function headersFromWire(headers: NonNullable<WireRow['headers']>): Headers {
  return headers.map(({ key, value }) => ({
    key,
    value: value === null ? null : Buffer.from(value, 'base64'),
  }));
}

/** JSON that takes bigints too, as texts. */
export function toJson(value: unknown): string {
  return JSON.stringify(value, (_, part: unknown) => (typeof part === 'bigint' ? String(part) : part));
}

/** A key in a path or a parameter: a text is itself, anything else is JSON. @throws SyntaxError */
export function parseKey<K>(text: string, serde: Serde<K>, format: Format): K {
  if (format === 'bytes') return fromWire(text, serde);
  if (serde.name === 'string') return text as K;
  if (serde.name === 'bytes') return Buffer.from(text, 'base64') as K;
  return JSON.parse(text) as K;
}
