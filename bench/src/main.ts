import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { Command } from 'commander';
import { Table } from 'console-table-printer';
import { makeFixture } from './fixture.ts';
import type { Job } from './job.ts';
import { count } from './jobs/count.ts';
import { foreignKeyJoin } from './jobs/foreign-key-join.ts';
import { logAppend } from './jobs/log-append.ts';
import { logRead } from './jobs/log-read.ts';
import { sessionWindow } from './jobs/session-window.ts';
import { stateless } from './jobs/stateless.ts';
import { streamStreamJoin } from './jobs/stream-stream-join.ts';
import { streamTableJoin } from './jobs/stream-table-join.ts';
import { windowCount } from './jobs/window-count.ts';
import { median } from './median.ts';

const jobs: readonly Job[] = [
  stateless,
  count,
  windowCount,
  sessionWindow,
  streamTableJoin,
  streamStreamJoin,
  foreignKeyJoin,
  logAppend,
  logRead,
];

const options = new Command('bench')
  .description('Each job against a hand-written loop over the same bytes, in turn, in one run.')
  .option('--json <file>', 'write the rows as JSON as well')
  .option('--records <n>', 'records in the input', Number, 1_000_000)
  .option('--runs <n>', 'runs of each side; the median counts', Number, 5)
  .option('--only <name>', `one job: ${jobs.map(({ name }) => name).join(', ')}`)
  .option('--side <side>', 'for profiling: millrace or hand alone')
  .parse()
  .opts<{ json?: string; records: number; runs: number; only?: string; side?: 'millrace' | 'hand' }>();

interface Row {
  readonly name: string;
  readonly ratio: number;
  readonly recordsPerSecond: number;
  readonly handRecordsPerSecond: number;
  readonly runs: number;
}

const fixture = await makeFixture(options.records);
const rows: Row[] = [];
const table = new Table({
  shouldDisableColors: true,
  columns: ['job', 'ratio', 'aim', 'records/s', 'by hand', 'runs'].map((name) => ({
    name,
    alignment: name === 'job' ? ('left' as const) : ('right' as const),
  })),
});
try {
  for (const job of jobs.filter(({ name }) => options.only === undefined || name === options.only)) {
    console.error(`${job.name}: ${job.what}`);
    const seconds: { millrace: number[]; hand: number[] } = { millrace: [], hand: [] };
    // One round to warm up; then in turn, so that noise hits both sides alike.
    for (let round = 0; round <= options.runs; round++) {
      for (const side of ['millrace', 'hand'] as const) {
        if (options.side !== undefined && options.side !== side) continue;
        const taken = await job[side](fixture);
        if (round > 0) seconds[side].push(taken);
      }
    }
    const rate = (side: 'millrace' | 'hand') => Math.round(options.records / median(seconds[side]));
    const ratios = seconds.millrace.map((taken, index) => (seconds.hand[index] ?? Number.NaN) / taken);
    const ratio = Math.round(median(ratios) * 100) / 100;
    const row = {
      name: job.name,
      ratio,
      recordsPerSecond: rate('millrace'),
      handRecordsPerSecond: rate('hand'),
      runs: options.runs,
    };
    rows.push(row);
    table.addRow({
      job: row.name,
      ratio: ratio.toFixed(2),
      aim: job.aim.toFixed(2),
      'records/s': row.recordsPerSecond,
      'by hand': row.handRecordsPerSecond,
      runs: row.runs,
    });
  }
} finally {
  await fixture.close();
}
console.log(table.render());
if (options.json !== undefined) {
  const file = path.resolve(process.env['INIT_CWD'] ?? process.cwd(), options.json);
  await writeFile(file, `${JSON.stringify(rows, null, 2)}\n`);
}
