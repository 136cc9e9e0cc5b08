import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { Command } from 'commander';
import { Table } from 'console-table-printer';
import { type Fixture, makeFixture, usual } from './fixture.ts';
import type { Cost } from './cost.ts';
import type { Job } from './job.ts';
import { count, countManyKeys } from './jobs/count.ts';
import { foreignKeyJoin } from './jobs/foreign-key-join.ts';
import { logAppend } from './jobs/log-append.ts';
import { logRead } from './jobs/log-read.ts';
import { sessionWindow } from './jobs/session-window.ts';
import { largeValues, stateless } from './jobs/stateless.ts';
import { saveResults } from './results.ts';
import { streamStreamJoin } from './jobs/stream-stream-join.ts';
import { streamTableJoin } from './jobs/stream-table-join.ts';
import { windowCount, windowCountOnce } from './jobs/window-count.ts';
import { median } from './median.ts';

const jobs: readonly Job[] = [
  stateless,
  largeValues,
  count,
  countManyKeys,
  windowCount,
  windowCountOnce,
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
  .option('--save', 'write the rows to bench/results, with date, commit and machine')
  .option('--records <n>', 'records in the input', Number, 1_000_000)
  .option('--runs <n>', 'runs of each side; the median counts', Number, 5)
  .option('--only <name>', `one job: ${jobs.map(({ name }) => name).join(', ')}`)
  .option('--side <side>', 'for profiling: millrace or hand alone')
  .parse()
  .opts<{
    json?: string;
    save?: boolean;
    records: number;
    runs: number;
    only?: string;
    side?: 'millrace' | 'hand';
  }>();

interface Row {
  readonly name: string;
  readonly ratio: number;
  readonly recordsPerSecond: number;
  readonly handRecordsPerSecond: number;
  /** CPU seconds, over all threads, per million records. */
  readonly cpuSeconds: number;
  readonly handCpuSeconds: number;
  readonly runs: number;
}

const sides = ['millrace', 'hand'] as const;

/** Runs a job's two sides in turn, so that noise hits both alike. @throws where results are not right */
async function measure(job: Job, fixture: Fixture): Promise<Row> {
  const costs: Record<(typeof sides)[number], Cost[]> = { millrace: [], hand: [] };
  const expected = job.expected(fixture.records);
  // One round to warm up.
  for (let round = 0; round <= options.runs; round++) {
    for (const side of sides) {
      if (options.side !== undefined && options.side !== side) continue;
      const { results, ...cost } = await job[side](fixture);
      const found = await results();
      if (found.count !== expected.count || found.sum !== expected.sum) {
        throw new Error(
          `${job.name}, ${side}: ${expected.count} results with the sum ${expected.sum} are expected; there are ${found.count} with the sum ${found.sum}`,
        );
      }
      if (round > 0) costs[side].push(cost);
    }
  }
  const { millrace, hand } = costs;
  const perMillion = (side: readonly Cost[]) =>
    rounded((median(side.map(({ cpuSeconds }) => cpuSeconds)) * 1e6) / fixture.records);
  const rate = (side: readonly Cost[]) =>
    Math.round(fixture.records / median(side.map(({ seconds }) => seconds)));
  const ratios = millrace.map(({ seconds }, index) => (hand[index]?.seconds ?? Number.NaN) / seconds);
  return {
    name: job.name,
    ratio: rounded(median(ratios)),
    recordsPerSecond: rate(millrace),
    handRecordsPerSecond: rate(hand),
    cpuSeconds: perMillion(millrace),
    handCpuSeconds: perMillion(hand),
    runs: options.runs,
  };
}

function rounded(value: number): number {
  return Math.round(value * 100) / 100;
}

const rows: Row[] = [];
const table = new Table({
  shouldDisableColors: true,
  columns: ['job', 'ratio', 'aim', 'records/s', 'by hand', 'CPU s/M', 'CPU s/M by hand', 'runs'].map(
    (name) => ({ name, alignment: name === 'job' ? ('left' as const) : ('right' as const) }),
  ),
});
let fixture: Fixture | undefined;
let shape = usual;
try {
  for (const job of jobs.filter(({ name }) => options.only === undefined || name === options.only)) {
    console.error(`${job.name}: ${job.what}`);
    const wanted = job.shape ?? usual;
    // Inputs are made once for jobs in a row that have the same.
    if (fixture === undefined || wanted !== shape) {
      await fixture?.close();
      fixture = await makeFixture(Math.round(options.records * wanted.share), wanted);
      shape = wanted;
    }
    const row = await measure(job, fixture);
    rows.push(row);
    table.addRow({
      job: row.name,
      ratio: row.ratio.toFixed(2),
      aim: job.aim.toFixed(2),
      'records/s': row.recordsPerSecond,
      'by hand': row.handRecordsPerSecond,
      'CPU s/M': row.cpuSeconds.toFixed(2),
      'CPU s/M by hand': row.handCpuSeconds.toFixed(2),
      runs: row.runs,
    });
  }
} finally {
  await fixture?.close();
}
console.log(table.render());
if (options.save === true) console.error(`written to ${await saveResults(rows)}`);
if (options.json !== undefined) {
  const file = path.resolve(process.env['INIT_CWD'] ?? process.cwd(), options.json);
  await writeFile(file, `${JSON.stringify(rows, null, 2)}\n`);
}
