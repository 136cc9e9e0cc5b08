import type { SourceRecord } from '@millrace/streams-core';
import { inPostgres, type PgPool } from './postgres.ts';
import { inSqlite, type SqliteDatabase } from './sqlite.ts';
import { quoted, type SqlDialect, type SqlRow, type Statement } from './table-rows.ts';

/** A row on its way to a topic. */
export interface OutboxEntry<K, V> {
  /** Of its row: no other has it, now or later. */
  readonly id: string;
  readonly record: SourceRecord<K, V>;
}

/** A table from which rows are taken: each becomes a record, and is deleted. */
export interface Outbox<K, V> {
  /** For messages: what it is, and where. */
  readonly name: string;
  /** The first rows that are there. @throws DestinationError */
  read(limit: number): Promise<OutboxEntry<K, V>[]>;
  /** Deletes rows; those that are not there are no error. @throws DestinationError */
  remove(ids: readonly string[]): Promise<void>;
}

export interface OutboxMapping<K, V> {
  /** `outbox`, or `shop.outbox` for one in a schema. */
  readonly table: string;
  /** A column without duplicates whose values are never used again: a sequence or a UUID. Default `id`. */
  readonly id?: string;
  /** By which rows are taken: `created_at` where ids are UUIDs. Default: the id. */
  readonly orderBy?: string;
  /** What a row is as a record. */
  readonly record: (row: SqlRow) => SourceRecord<K, V>;
}

interface OutboxStatements {
  readonly read: (limit: number) => Statement;
  readonly remove: (ids: readonly string[]) => Statement;
}

function statementsOf({ table, id, orderBy }: Names, { parameter }: SqlDialect): OutboxStatements {
  const name = quoted(table);
  return {
    read: (limit) => ({
      text: `select * from ${name} order by ${quoted(orderBy)}, ${quoted(id)} limit ${parameter(1)}`,
      values: [limit],
    }),
    remove: (ids) => ({
      text: `delete from ${name} where ${quoted(id)} in (${ids.map((_, n) => parameter(n + 1)).join(', ')})`,
      values: ids,
    }),
  };
}

interface Names {
  readonly table: string;
  readonly id: string;
  readonly orderBy: string;
}

function namesOf({ table, id = 'id', orderBy = id }: OutboxMapping<never, never>): Names {
  return { table, id, orderBy };
}

function entriesOf<K, V>(
  rows: readonly SqlRow[],
  { id }: Names,
  record: OutboxMapping<K, V>['record'],
): OutboxEntry<K, V>[] {
  return rows.map((row) => ({ id: String(row[id]), record: record(row) }));
}

export interface PostgresOutboxOptions<K, V> extends OutboxMapping<K, V> {
  /** As in {@link PostgresOptions}. */
  readonly pool: PgPool;
}

/** Rows of a PostgreSQL table, to be taken to a topic. */
export function postgresOutbox<K, V>({ pool, ...mapping }: PostgresOutboxOptions<K, V>): Outbox<K, V> {
  const names = namesOf(mapping as OutboxMapping<never, never>);
  const statements = statementsOf(names, { parameter: (n) => `$${n}`, maxParameters: 60_000 });
  const name = `table ${names.table} in PostgreSQL`;
  const run = ({ text, values }: Statement): Promise<SqlRow[]> =>
    inPostgres(pool, `${name} cannot be read`, async (client) => {
      const { rows } = await client.query(text, [...values]);
      return rows as SqlRow[];
    });
  return {
    name,
    read: async (limit) => entriesOf(await run(statements.read(limit)), names, mapping.record),
    remove: async (ids) => {
      if (ids.length > 0) await run(statements.remove(ids));
    },
  };
}

export interface SqliteOutboxOptions<K, V> extends OutboxMapping<K, V> {
  /** As in {@link SqliteOptions}. */
  readonly database: SqliteDatabase;
}

/** Rows of an SQLite table, to be taken to a topic. */
export function sqliteOutbox<K, V>({ database, ...mapping }: SqliteOutboxOptions<K, V>): Outbox<K, V> {
  const names = namesOf(mapping as OutboxMapping<never, never>);
  const statements = statementsOf(names, { parameter: () => '?', maxParameters: 30_000 });
  const name = `table ${names.table} in SQLite`;
  const what = `${name} cannot be read`;
  return {
    name,
    read: async (limit) => {
      const { text, values } = statements.read(limit);
      const rows = inSqlite(database, what, () => database.prepare(text).all(...(values as never[])));
      return entriesOf(rows as SqlRow[], names, mapping.record);
    },
    remove: async (ids) => {
      if (ids.length === 0) return;
      const { text, values } = statements.remove(ids);
      inSqlite(database, what, () => database.prepare(text).run(...(values as never[])));
    },
  };
}
