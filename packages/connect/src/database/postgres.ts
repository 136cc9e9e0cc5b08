import type { Destination, DestinationTransaction } from '../destination.ts';
import { DestinationError, fenced, SinkFencedError } from '../errors.ts';
import { offsetsTable, type OffsetStatements, offsetStatements } from './offset-statements.ts';
import { changesOf, type RowMapping, type SqlDialect, type Statement, statementsOf } from './table-rows.ts';

/** A connection, as `pg` has it. */
export interface PgClient {
  query(
    text: string,
    values?: unknown[],
  ): Promise<{ readonly rows: unknown[]; readonly rowCount: number | null }>;
  release(destroy?: boolean): void;
}

/** What is used of a `Pool` of `pg`. */
export interface PgPool {
  connect(): Promise<PgClient>;
}

export interface PostgresOptions<K, V> extends RowMapping<K, V> {
  /** `new Pool({ connectionString })` of the package `pg`. It stays open: it is the caller's. */
  readonly pool: PgPool;
  /**
   * Where the offsets are kept, in the same database. Default `millrace_offsets`; made where it is missing.
   */
  readonly offsetsTable?: string;
}

const dialect: SqlDialect = { parameter: (n) => `$${n}`, maxParameters: 60_000 };

/**
 * Codes of PostgreSQL after which the same may work later: connections, resources, an administrator, locks
 * and conflicts of transactions.
 */
const retriable = /^(?:08|53|57P|40)/;

const isSqlState = /^(?:\d[\dA-Z]|F0|HV|P0|XX)[\dA-Z]{3}$/;

/** Rows of a PostgreSQL table, written in one transaction with the offsets up to which they are there. */
export function postgres<K, V>(options: PostgresOptions<K, V>): Destination<K, V> {
  const { pool, table } = options;
  const statements = offsetStatements(options.offsetsTable ?? offsetsTable, { ...dialect, bigint: 'bigint' });
  const name = `table ${table} in PostgreSQL`;
  const transaction = <T>(body: (client: PgClient) => Promise<T>): Promise<T> =>
    inPostgres(pool, `${name} cannot be written`, body);
  return {
    name,
    open: () => transaction(async (client) => void (await client.query(statements.create))),
    claim: (claim) =>
      transaction(async (client) => {
        const { text, values } = statements.claim(claim);
        const [row] = (await client.query(text, [...values])).rows as [
          { epoch: string; next_offset: string | null },
        ];
        return {
          epoch: Number(row.epoch),
          offset: row.next_offset === null ? undefined : Number(row.next_offset),
        };
      }),
    write: async ({ records, offsets }) => {
      // Not in the transaction: a mistake in the mapping is none of the database.
      const rows = statementsOf(changesOf(records, options), options as never, dialect);
      await transaction((client) => write(client, statements, { offsets, rows }));
    },
  };
}

interface Prepared {
  readonly offsets: DestinationTransaction<never, never>['offsets'];
  readonly rows: readonly Statement[];
}

async function write(
  client: PgClient,
  { advance }: OffsetStatements,
  { offsets, rows }: Prepared,
): Promise<void> {
  // First: it locks the row, so that an instance that has lost the partition fails before it writes.
  for (const { claim, offset } of offsets) {
    const { text, values } = advance(claim, offset);
    const { rowCount } = await client.query(text, [...values]);
    if (rowCount !== 1) throw fenced(claim);
  }
  for (const { text, values } of rows) await client.query(text, [...values]);
}

/** Runs statements on one connection, in a transaction. @throws DestinationError beginning with `what` */
export async function inPostgres<T>(
  pool: PgPool,
  what: string,
  body: (client: PgClient) => Promise<T>,
): Promise<T> {
  let client: PgClient | undefined;
  try {
    client = await pool.connect();
    await client.query('begin');
    const result = await body(client);
    await client.query('commit');
    client.release();
    return result;
  } catch (error) {
    // The connection may be anywhere in a transaction: it is closed, which rolls it back.
    client?.release(true);
    if (error instanceof SinkFencedError) throw error;
    throw new DestinationError(`${what}: ${messageOf(error)}`, {
      retriable: isRetriable(error),
      cause: error,
    });
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** An error without a code of the database is one of the connection. */
function isRetriable(error: unknown): boolean {
  const code: unknown = (error as { readonly code?: unknown } | null)?.code;
  return typeof code !== 'string' || !isSqlState.test(code) || retriable.test(code);
}
