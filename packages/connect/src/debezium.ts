import { asBuffer } from '@millrace/log-client';
import { nullable, type Schema, type Serde, validating } from '@millrace/streams-core';

const ops = { c: 'create', u: 'update', d: 'delete', r: 'read', t: 'truncate' } as const;
type OpLetter = keyof typeof ops;

/** A change of a row, as Debezium writes it. */
export interface CapturedChange<R> {
  /**
   * `read`: the row was there when the connector took its snapshot; `truncate`: all rows have gone, and the
   * record has no key.
   */
  readonly op: (typeof ops)[OpLetter];
  /** Null where there was none, and where the database does not say (PostgreSQL, by default). */
  readonly before: R | null;
  /** Null where there is none any more. */
  readonly after: R | null;
  /** When the database made the change, in milliseconds since the epoch; undefined where it does not say. */
  readonly timestamp: number | undefined;
  /** Where in the database: `db`, `table`, `lsn` and what else the connector says. */
  readonly source: Readonly<Record<string, unknown>>;
}

/** What is read and written, https://debezium.io/documentation: the connectors' "data change events". */
interface Envelope {
  readonly op: string;
  readonly before?: unknown;
  readonly after?: unknown;
  readonly ts_ms?: number | null;
  readonly source?: Readonly<Record<string, unknown>> | null;
}

/**
 * Values of a topic that Debezium writes by its JSON converter, with schemas or without. `row` checks rows,
 * as the schema of `json` checks values; without it they are what you say. The record without a value that
 * follows a delete is null. The table of such a topic is
 * `stream.mapValues((change) => change?.after ?? null).toTable()`.
 */
export function debezium<R>(row?: Schema<R>): Serde<CapturedChange<R> | null> {
  const rowOf = row === undefined ? (value: unknown) => value as R : validating(row);
  return nullable(jsonOf({ name: 'debezium', read: (found) => changeOf(found, rowOf), write: envelopeOf }));
}

/** Keys of such a topic: an object with the columns of the primary key. */
export function debeziumKey<K>(key?: Schema<K>): Serde<K> {
  const read = key === undefined ? (value: unknown) => value as K : validating(key);
  return jsonOf({ name: 'debezium-key', read, write: (value) => value });
}

/** JSON whose converter may have put a schema beside the payload. */
function jsonOf<T>({
  name,
  read,
  write,
}: {
  readonly name: string;
  readonly read: (payload: unknown) => T;
  readonly write: (value: T) => unknown;
}): Serde<T> {
  const parse = (text: string): T => read(payloadOf(JSON.parse(text)));
  const stringify = (value: T): string => JSON.stringify(write(value));
  return {
    name,
    serialize: (value) => Buffer.from(stringify(value)),
    serializeText: stringify,
    deserialize: (bytes) => parse(asBuffer(bytes).toString('utf8')),
    deserializeText: parse,
    check: (value) => void parse(stringify(value)),
  };
}

function payloadOf(found: unknown): unknown {
  if (typeof found !== 'object' || found === null) return found;
  return 'schema' in found && 'payload' in found ? found.payload : found;
}

function changeOf<R>(found: unknown, rowOf: (value: unknown) => R): CapturedChange<R> {
  const { op, before, after, ts_ms: written, source } = (found ?? {}) as Partial<Envelope>;
  if (op === undefined || !Object.hasOwn(ops, op)) {
    const letters = Object.keys(ops).join(', ');
    throw new TypeError(
      `It is no change of a row: "op" is ${JSON.stringify(op)}, not one of ${letters}. Rows without an envelope are read by json()`,
    );
  }
  // MongoDB's connector writes documents as texts.
  const side = (row: unknown): R | null => {
    if (row === undefined || row === null) return null;
    return rowOf(typeof row === 'string' ? JSON.parse(row) : row);
  };
  const { ts_ms: changed = written } = (source ?? {}) as { readonly ts_ms?: number | null };
  return {
    op: ops[op as OpLetter],
    before: side(before),
    after: side(after),
    timestamp: changed ?? undefined,
    source: source ?? {},
  };
}

const letterOf = new Map(Object.entries(ops).map(([letter, op]) => [op, letter]));

function envelopeOf<R>({ op, before, after, timestamp, source }: CapturedChange<R>): Envelope {
  return { before, after, source, op: letterOf.get(op)!, ts_ms: timestamp ?? null };
}
