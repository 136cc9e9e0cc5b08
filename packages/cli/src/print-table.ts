import { Table } from 'console-table-printer';

/** Rows as a table, numbers to the right; or as JSON, a line for each. */
export function printRows(rows: readonly Record<string, string | number>[], { json = false } = {}): void {
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
    alignment: typeof rows[0]![name] === 'number' ? ('right' as const) : ('left' as const),
  }));
  const table = new Table({ columns, shouldDisableColors: true });
  for (const row of rows) table.addRow(row);
  table.printTable();
}
