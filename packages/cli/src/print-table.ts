import { Table } from 'console-table-printer';

/** A row by column; null where nothing is known. */
export type TableRow = Readonly<Record<string, string | number | null>>;

/** Rows as a table, numbers to the right and `-` for null; or as JSON, a line for each. */
export function printRows(rows: readonly TableRow[], { json = false } = {}): void {
  if (json) {
    for (const row of rows) console.log(JSON.stringify(row));
    return;
  }
  if (rows.length === 0) {
    console.log('none');
    return;
  }
  const columns = Object.keys(rows[0]!).map((name) => ({
    name,
    alignment: rows.some((row) => typeof row[name] === 'number') ? ('right' as const) : ('left' as const),
  }));
  const table = new Table({ columns, shouldDisableColors: true });
  for (const row of rows) {
    table.addRow(Object.fromEntries(Object.entries(row).map(([name, value]) => [name, value ?? '-'])));
  }
  table.printTable();
}
