import { asBuffer, readText, type Serde, textBytes } from '@millrace/log-client';
import type { HeldByJson } from './json-default.ts';
import { type Schema, validating } from './schema.ts';

function stringify(value: unknown): string {
  const text = JSON.stringify(value);
  if (text === undefined) throw new TypeError(`JSON has no form for ${typeof value}`);
  return text;
}

function parse(bytes: Uint8Array): unknown {
  return JSON.parse(readText(asBuffer(bytes), 0, bytes.length));
}

export interface JsonOptions {
  /**
   * True where your code does not change values in place: stores then keep rows as the objects they are, and
   * parse them once instead of at each look-up. What is put has to be what reading it would give. Rows count
   * without their values in how much a store keeps in memory: leave it out for large ones. The test driver,
   * and an app with `validate: 'both'`, freeze such values. Default false.
   */
  readonly immutable?: boolean;
}

/** JSON of a type you vouch for: nothing is checked. */
export function json<T>(options?: JsonOptions): Serde<T>;
/**
 * JSON that is checked against a schema when it is read; the type comes from the schema: of zod, or of any
 * library that speaks Standard Schema. The test driver and `producer` check what is written too, and so
 * does an app with `validate: 'both'`. A schema that takes in what JSON cannot hold, such as `z.date()`, does
 * not compile: `z.coerce.date()` does.
 */
export function json<T, I = unknown>(schema: Schema<T, I> & HeldByJson<I>, options?: JsonOptions): Serde<T>;
export function json<T>(first: Schema<T> | JsonOptions = {}, second: JsonOptions = {}): Serde<T> {
  const schema = '~standard' in first || 'parse' in first ? first : undefined;
  const { immutable = false } = schema === undefined ? (first as JsonOptions) : second;
  const validate = schema === undefined ? (value: unknown) => value as T : validating(schema);
  const own: Serde<T> = {
    name: 'json',
    serialize: (value) => textBytes(stringify(value)),
    serializeText: stringify,
    deserialize: (bytes) => validate(parse(bytes)),
    deserializeText: (text) => validate(JSON.parse(text)),
    // As a key it is found by its text.
    ...(immutable ? { immutable, mapKey: stringify } : {}),
  };
  if (schema === undefined) return own;
  // As a reader would see it: what JSON makes of the value is what has to fit.
  return { ...own, check: (value) => void validate(JSON.parse(stringify(value))) };
}
