import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { Command } from 'commander';
import { Table } from 'console-table-printer';
import { median } from './median.ts';
import { saveResults } from './results.ts';
import type { RowReport, ScaleRow } from './scale/row.ts';
import { rows } from './scale/rows.ts';

const kinds = [...new Set(rows.map(({ kind }) => kind))];
const options = new Command('bench:scale')
  .description('How cost grows with partitions, operators and keys; and what it costs to start.')
  .option('--records <n>', 'records, rows or keys of a row, where it does not say less', Number, 1_000_000)
  .option('--runs <n>', 'runs of each row, in processes of their own; medians count', Number, 3)
  .option('--only <kind>', `one kind: ${kinds.join(', ')}`)
  .option('--save', 'write the rows to bench/results, with date, commit and machine')
  .parse()
  .opts<{ records: number; runs: number; only?: string; save?: boolean }>();

const script = fileURLToPath(new URL('scale/run-row.js', import.meta.url));

async function measure({ name, share = 1 }: ScaleRow): Promise<RowReport> {
  const reports: RowReport[] = [];
  for (let run = 0; run < options.runs; run++) {
    const args = [script, name, String(Math.round(options.records * share))];
    const { stdout } = await promisify(execFile)(process.execPath, args);
    reports.push(JSON.parse(stdout) as RowReport);
  }
  const of = (read: (report: RowReport) => number): number => median(reports.map(read));
  const first = reports[0]!;
  return {
    count: first.count,
    seconds: of(({ seconds }) => seconds),
    cpuSeconds: of(({ cpuSeconds }) => cpuSeconds),
    peakMb: Math.round(of(({ peakMb }) => peakMb)),
    ...(first.startSeconds === undefined ? {} : { startSeconds: of((one) => one.startSeconds!) }),
    ...(first.bytesEach === undefined ? {} : { bytesEach: Math.round(of((one) => one.bytesEach!)) }),
  };
}

const columns = [
  'row',
  'of',
  'a second',
  'CPU s/M',
  'against the first',
  'start ms',
  'bytes each',
  'peak MB',
];
const table = new Table({
  shouldDisableColors: true,
  columns: columns.map((name) => ({
    name,
    alignment: name === 'row' ? ('left' as const) : ('right' as const),
  })),
});
const found: (RowReport & Pick<ScaleRow, 'kind' | 'name'>)[] = [];
for (const row of rows.filter(({ kind }) => options.only === undefined || kind === options.only)) {
  console.error(`${row.name}: ${row.what}`);
  const { kind, name } = row;
  const report = { kind, name, ...(await measure(row)) };
  found.push(report);
  const first = found.find((one) => one.kind === kind)!;
  const cost = (one: RowReport): number => one.cpuSeconds / one.count;
  const { count, seconds, startSeconds, bytesEach, peakMb } = report;
  table.addRow({
    row: name,
    of: count,
    'a second': count / seconds > 100 ? Math.round(count / seconds) : (count / seconds).toFixed(1),
    'CPU s/M': (cost(report) * 1e6).toPrecision(3),
    'against the first': (cost(report) / cost(first)).toFixed(2),
    'start ms': startSeconds === undefined ? '' : Math.round(startSeconds * 1000),
    'bytes each': bytesEach ?? '',
    'peak MB': peakMb,
  });
}
console.log(table.render());
if (options.save === true) console.error(`written to ${await saveResults(found)}`);
