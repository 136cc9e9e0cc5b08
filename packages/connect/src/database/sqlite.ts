import type { Destination } from '../destination.ts';
import { DestinationError, fenced, SinkFencedError } from '../errors.ts';
import { offsetsTable, offsetStatements } from './offset-statements.ts';
import { changesOf, type RowMapping, type SqlDialect, statementsOf } from './table-rows.ts';

/** What is used of a `DatabaseSync` of `node:sqlite`, or of a `Database` of `better-sqlite3`. */
export interface SqliteDatabase {
  exec(sql: string): unknown;
  prepare(sql: string): {
    run(...values: never[]): { readonly changes: number | bigint };
    get(...values: never[]): unknown;
    all(...values: never[]): unknown[];
  };
}

export interface SqliteOptions<K, V> extends RowMapping<K, V> {
  /**
   * `new DatabaseSync(file)` of `node:sqlite`, or a `Database` of `better-sqlite3`. It stays the caller's.
   */
  readonly database: SqliteDatabase;
  /** As in {@link PostgresOptions}. */
  readonly offsetsTable?: string;
}

const dialect: SqlDialect = { parameter: () => '?', maxParameters: 30_000 };

/** Rows of an SQLite table, written in one transaction with the offsets up to which they are there. */
export function sqlite<K, V>(options: SqliteOptions<K, V>): Destination<K, V> {
  const { database, table } = options;
  const name = `table ${table} in SQLite`;
  const statements = offsetStatements(options.offsetsTable ?? offsetsTable, {
    ...dialect,
    bigint: 'integer',
  });
  const transaction = <T>(body: () => T): T => inSqlite(database, `${name} cannot be written`, body);
  return {
    name,
    open: async () => transaction(() => void database.exec(statements.create)),
    claim: async (claim) =>
      transaction(() => {
        const { text, values } = statements.claim(claim);
        const row = database.prepare(text).get(...(values as never[])) as {
          readonly epoch: number;
          readonly next_offset: number | null;
        };
        return {
          epoch: Number(row.epoch),
          offset: row.next_offset === null ? undefined : Number(row.next_offset),
        };
      }),
    write: async ({ records, offsets }) => {
      // Not in the transaction: a mistake in the mapping is none of the database.
      const rows = statementsOf(changesOf(records, options), options as never, dialect);
      transaction(() => {
        for (const { claim, offset } of offsets) {
          const { text, values } = statements.advance(claim, offset);
          if (Number(database.prepare(text).run(...(values as never[])).changes) !== 1) throw fenced(claim);
        }
        for (const { text, values } of rows) database.prepare(text).run(...(values.map(bindable) as never[]));
      });
    },
  };
}

/**
 * SQLite knows numbers, texts, bytes and null: a date becomes text, true and false 1 and 0, an object JSON.
 */
function bindable(value: unknown): unknown {
  if (value === undefined) return null;
  if (typeof value === 'boolean') return value ? 1 : 0;
  if (value instanceof Date) return value.toISOString();
  if (typeof value === 'object' && value !== null && !(value instanceof Uint8Array))
    return JSON.stringify(value);
  return value;
}

/** The database is locked, or the disk is full: the same may work later. */
const retriable = /\b(?:locked|busy|full|disk I\/O)\b/i;

/** Runs statements in a transaction. @throws DestinationError beginning with `what` */
export function inSqlite<T>(database: SqliteDatabase, what: string, body: () => T): T {
  try {
    database.exec('begin immediate');
    const result = body();
    database.exec('commit');
    return result;
  } catch (error) {
    try {
      database.exec('rollback');
    } catch {
      // There was none, or the error has ended it already.
    }
    throw error instanceof SinkFencedError ? error : failed(what, error);
  }
}

function failed(what: string, error: unknown): DestinationError {
  const message = error instanceof Error ? error.message : String(error);
  return new DestinationError(`${what}: ${message}`, {
    retriable: retriable.test(message),
    cause: error,
  });
}
