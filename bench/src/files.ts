import { execFileSync } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import type * as embeddedLog from '@millrace/embedded-log';
import { noHeaders } from '@millrace/log-client';
import { Command } from 'commander';
import { Table } from 'console-table-printer';
import { type Cost, timed } from './cost.ts';
import { median } from './median.ts';

// How long it takes to write much, with no sync for a commit: each run in a process of its own, two checkouts
// in turn.

const partitions = 4;
const commitRecords = 1000;
const valueBytes = 4000;

interface Run extends Cost {
  readonly memoryMb: number;
}

const own = fileURLToPath(new URL('../..', import.meta.url));
const options = new Command('bench:files')
  .description(
    `Writes records of ${valueBytes} bytes to an embedded log, ${partitions * commitRecords} a commit.`,
  )
  .option('--gigabytes <n>', 'how much', Number, 5)
  .option('--runs <n>', 'after one to warm up; the median counts', Number, 5)
  .option('--dir <folder>', 'where the log is', tmpdir())
  .option('--beside <folder>', 'another checkout, built, in turn with this one')
  .option('--one <folder>', 'one run of the checkout in a folder, as JSON')
  .parse()
  .opts<{ gigabytes: number; runs: number; dir: string; beside?: string; one?: string }>();

/** Writes with the log of a checkout. @throws where not all is there */
async function write(checkout: string): Promise<Run> {
  const module = pathToFileURL(path.join(checkout, 'packages/embedded-log/dist/index.js'));
  const { EmbeddedLog } = (await import(module.href)) as typeof embeddedLog;
  const dir = await mkdtemp(path.join(options.dir, 'millrace-files-'));
  try {
    const log = await EmbeddedLog.open({ dir, durability: 'os' });
    await log.admin.createTopics([{ name: 'files', partitions }]);
    const producer = await log.producer();
    const value = Buffer.alloc(valueBytes, 'a');
    const records = Array.from({ length: commitRecords }, (_, n) => ({
      key: Buffer.from(`key-${n}`),
      value,
      timestamp: n,
      headers: noHeaders,
    }));
    const all = Array.from({ length: partitions }, (_, partition) => ({
      topic: 'files',
      partition,
      records,
    }));
    const commits = Math.ceil((options.gigabytes * 1e9) / (partitions * commitRecords * valueBytes));
    const cost = await timed(async () => {
      for (let n = 0; n < commits; n++) await producer.send(all);
    });
    const memoryMb = process.memoryUsage.rss() / 2 ** 20;
    const ranges = await log.admin.offsets(all.map(({ topic, partition }) => ({ topic, partition })));
    if (ranges.some(({ end }) => end !== commits * commitRecords)) throw new Error('Not all is there');
    await log.close();
    return { ...cost, memoryMb };
  } finally {
    await rm(dir, { recursive: true, force: true });
  }
}

function runOf(checkout: string): Run {
  const same = ['--gigabytes', String(options.gigabytes), '--dir', options.dir];
  const args = [fileURLToPath(import.meta.url), '--one', checkout, ...same];
  return JSON.parse(execFileSync(process.execPath, args, { encoding: 'utf8' })) as Run;
}

/** The middle one of some figures, and from where to where they go. */
function spread(values: readonly number[], digits: number): string {
  const [low, middle, high] = [Math.min(...values), median(values), Math.max(...values)];
  return `${middle.toFixed(digits)} (${low.toFixed(digits)} to ${high.toFixed(digits)})`;
}

function compare(): void {
  const checkouts = [own, ...(options.beside === undefined ? [] : [path.resolve(options.beside)])];
  const runs = checkouts.map((): Run[] => []);
  for (let round = 0; round <= options.runs; round++) {
    console.error(round === 0 ? 'warming up' : `run ${round} of ${options.runs}`);
    for (const [side, checkout] of checkouts.entries()) {
      const run = runOf(checkout);
      if (round > 0) runs[side]!.push(run);
    }
  }
  const table = new Table({ shouldDisableColors: true });
  for (const [side, checkout] of checkouts.entries()) {
    const of = (figure: keyof Run): number[] => runs[side]!.map((run) => run[figure]);
    table.addRow({
      checkout: side === 0 ? 'this one' : checkout,
      seconds: spread(of('seconds'), 2),
      'CPU s': spread(of('cpuSeconds'), 1),
      'memory MB': spread(of('memoryMb'), 0),
      ratio: spread(
        runs[side]!.map(({ seconds }, index) => runs[0]![index]!.seconds / seconds),
        2,
      ),
    });
  }
  table.printTable();
}

if (options.one === undefined) compare();
else console.log(JSON.stringify(await write(options.one)));
