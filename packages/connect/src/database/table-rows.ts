import type { TopicRecord } from '@millrace/streams-core';

/** Values by column. */
export type SqlRow = Readonly<Record<string, unknown>>;

/** Which rows records become. */
export interface RowMapping<K, V> {
  /** `demand`, or `shop.demand` for one in a schema. Its key columns need a unique index. */
  readonly table: string;
  /** The columns that say which row a record is about. Left out: each record is a row of its own. */
  readonly key?: (key: K, record: TopicRecord<K, V>) => SqlRow;
  /**
   * The other columns; null deletes the row. A record without a value deletes its row without being asked.
   */
  readonly columns: (value: V, record: TopicRecord<K, V>) => SqlRow | null;
}

/** What is written of a key: its row as the last of its records leaves it; undefined where it is deleted. */
export interface TableChange {
  readonly key: SqlRow;
  readonly row: SqlRow | undefined;
}

/** The rows that some records leave behind: of each key the last, in the order of first appearance. */
export function changesOf<K, V>(
  records: readonly TopicRecord<K, V>[],
  { key: keyOf, columns }: RowMapping<K, V>,
): TableChange[] {
  const changes = new Map<string, TableChange>();
  for (const [index, record] of records.entries()) {
    const key = keyOf === undefined ? {} : keyOf(record.key as K, record);
    const rest = record.value === null ? null : columns(record.value, record);
    // Without a key there is nothing that a deletion could mean.
    if (keyOf === undefined && rest === null) continue;
    const name = keyOf === undefined ? String(index) : nameOf(key);
    changes.set(name, { key, row: rest === null ? undefined : { ...key, ...rest } });
  }
  return [...changes.values()];
}

function nameOf(key: SqlRow): string {
  return JSON.stringify(Object.entries(key), (_, value: unknown) =>
    typeof value === 'bigint' ? `${value}n` : value,
  );
}

export interface SqlDialect {
  /** The n-th parameter of a statement, from 1 on. */
  readonly parameter: (n: number) => string;
  readonly maxParameters: number;
}

export interface Statement {
  readonly text: string;
  readonly values: readonly unknown[];
}

/** A name as SQL has it: whatever is in it, it stays a name. */
export function quoted(name: string): string {
  return name
    .split('.')
    .map((part) => `"${part.replaceAll('"', '""')}"`)
    .join('.');
}

/** The statements that make changes, as few as can be. */
export function statementsOf(
  changes: readonly TableChange[],
  { table, key: hasKey }: RowMapping<never, never>,
  dialect: SqlDialect,
): Statement[] {
  const statements: Statement[] = [];
  const groups = new Map<string, TableChange[]>();
  for (const change of changes) {
    const columns = Object.keys(change.row ?? change.key);
    const name = JSON.stringify([change.row === undefined, columns]);
    const group = groups.get(name);
    if (group === undefined) groups.set(name, [change]);
    else group.push(change);
  }
  for (const group of groups.values()) {
    const columns = Object.keys(group[0]!.row ?? group[0]!.key);
    const atOnce = Math.max(1, Math.floor(dialect.maxParameters / Math.max(1, columns.length)));
    for (let from = 0; from < group.length; from += atOnce) {
      const some = group.slice(from, from + atOnce);
      statements.push(
        some[0]!.row === undefined
          ? deletion(table, some, dialect)
          : upsert(table, some, { hasKey: hasKey !== undefined, dialect }),
      );
    }
  }
  return statements;
}

function upsert(
  table: string,
  changes: readonly TableChange[],
  { hasKey, dialect }: { readonly hasKey: boolean; readonly dialect: SqlDialect },
): Statement {
  const { key, row } = changes[0]!;
  const columns = Object.keys(row!);
  const rest = columns.filter((name) => !(name in key));
  let n = 0;
  const tuples = changes.map(() => `(${columns.map(() => dialect.parameter(++n)).join(', ')})`);
  const onConflict =
    rest.length === 0
      ? 'do nothing'
      : `do update set ${rest.map((name) => `${quoted(name)} = excluded.${quoted(name)}`).join(', ')}`;
  const conflict = hasKey ? ` on conflict (${Object.keys(key).map(quoted).join(', ')}) ${onConflict}` : '';
  return {
    text: `insert into ${quoted(table)} (${columns.map(quoted).join(', ')}) values ${tuples.join(', ')}${conflict}`,
    values: changes.flatMap((change) => columns.map((name) => change.row![name])),
  };
}

function deletion(table: string, changes: readonly TableChange[], { parameter }: SqlDialect): Statement {
  const columns = Object.keys(changes[0]!.key);
  let n = 0;
  const conditions = changes.map(
    () => `(${columns.map((name) => `${quoted(name)} = ${parameter(++n)}`).join(' and ')})`,
  );
  return {
    text: `delete from ${quoted(table)} where ${conditions.join(' or ')}`,
    values: changes.flatMap(({ key }) => columns.map((name) => key[name])),
  };
}
