import { asBuffer, type Serde } from '@millrace/log-client';

/** What a validating serde needs of a schema; every zod schema has it. */
export interface Schema<T> {
  parse(value: unknown): T;
}

function stringify(value: unknown): string {
  const text = JSON.stringify(value);
  if (text === undefined) throw new TypeError(`JSON has no form for ${typeof value}`);
  return text;
}

function parse(bytes: Uint8Array): unknown {
  const buffer = asBuffer(bytes);
  return JSON.parse(buffer.toString('utf8'));
}

/** JSON of a type you vouch for: nothing is checked. */
export function json<T>(): Serde<T>;
/**
 * JSON that is checked against a schema when it is read; the type comes from the schema. The test driver
 * checks what is written too, and so does an app with `validate: 'both'`.
 */
export function json<T>(schema: Schema<T>): Serde<T>;
export function json<T>(schema?: Schema<T>): Serde<T> {
  const check =
    schema === undefined ? (value: unknown) => value as T : (value: unknown) => schema.parse(value);
  const own: Serde<T> = {
    name: 'json',
    serialize: (value) => Buffer.from(stringify(value), 'utf8'),
    serializeText: stringify,
    deserialize: (bytes) => check(parse(bytes)),
    deserializeText: (text) => check(JSON.parse(text)),
  };
  if (schema === undefined) return own;
  // As a reader would see it: what JSON makes of the value is what has to fit.
  return { ...own, check: (value) => void schema.parse(JSON.parse(stringify(value))) };
}
