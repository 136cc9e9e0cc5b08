// The clients that a log on Kafka could be built on, and the one that is, on one broker, in turn.
import { execFile, execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { parseArgs, promisify } from 'node:util';
import { kafkaLog } from '@millrace/kafka';
import type { LogClient } from '@millrace/log-client';
import { Broker, cacheDir, missingTools } from '@millrace/kafka-broker';
import { Table } from 'console-table-printer';
import { median } from '../../median.ts';
import { partitions, topicsOf } from './measured-client.ts';
import { type Spent, type Step, steps } from './steps.ts';

const { values } = parseArgs({
  options: {
    records: { type: 'string', default: '400000' },
    runs: { type: 'string', default: '3' },
    help: { type: 'boolean', short: 'h' },
  },
});
if (values.help) {
  console.log(`usage: npm run bench:clients [-- --records N] [--runs N]

Writes and reads records with Millrace's client for Kafka, with kafkajs and with @platformatic/kafka, all on
Node 22, which the last one needs; both are downloaded first. Needs Java and Maven for the broker.`);
  process.exit(0);
}
const missing = missingTools();
if (missing !== undefined) throw new Error(`The broker needs ${missing}`);
const [records, runs] = [Number(values.records), Number(values.runs)];

const run = promisify(execFile);
const names = ['millrace', 'kafkajs', 'platformatic'] as const;
const dependencies = { '@platformatic/kafka': '2.12.1', kafkajs: '2.2.4', node: '22.23.3' };
const libraries = path.join(cacheDir, 'clients');
const node = path.join(libraries, 'node_modules/node/bin/node');

/** The clients of others, and the Node that one of them needs. */
function installLibraries(): void {
  if (existsSync(node)) return;
  mkdirSync(libraries, { recursive: true });
  const manifest = JSON.stringify({ private: true, type: 'module', dependencies });
  writeFileSync(path.join(libraries, 'package.json'), manifest);
  execFileSync('npm', ['install', '--no-audit', '--no-fund', '--no-package-lock'], {
    cwd: libraries,
    stdio: ['ignore', 2, 2],
  });
}

type Figures = Readonly<Record<Step, Spent>>;

/** One client in a process of its own, on topics of its own; undefined where it failed, which is said. */
async function measure(
  name: (typeof names)[number],
  prefix: string,
  { log, address }: { readonly log: LogClient; readonly address: string },
): Promise<Figures | undefined> {
  const topics = Object.values(topicsOf(prefix));
  await log.admin.createTopics(topics.map((topic) => ({ name: topic, partitions })));
  try {
    const script = path.join(import.meta.dirname, 'measure.js');
    const args = ['--max-old-space-size=2048', script, name, address, prefix, values.records, libraries];
    const { stdout } = await run(node, args, { timeout: 180_000 });
    return JSON.parse(stdout) as Figures;
  } catch (error) {
    console.error(`${prefix} failed: ${String(error).slice(-2000)}`);
    return undefined;
  } finally {
    await log.admin.deleteTopics(topics);
  }
}

/** A thousand records a second, and CPU microseconds a record. */
function rate(spent: readonly Spent[]): string {
  if (spent.length === 0) return 'failed';
  const perSecond = records / median(spent.map(({ seconds }) => seconds));
  const cpu = median(spent.map(({ cpuSeconds }) => cpuSeconds));
  return `${(perSecond / 1000).toFixed(0)} (${((cpu * 1e6) / records).toFixed(1)})`;
}

installLibraries();
const dir = mkdtempSync(path.join(tmpdir(), 'millrace-clients-'));
const broker = await Broker.at(path.join(dir, 'broker'));
const found = new Map(names.map((name) => [name, [] as Figures[]]));
try {
  await broker.start();
  const log = kafkaLog({ brokers: [broker.address] });
  for (let index = 0; index < runs; index++) {
    for (const name of names) {
      const figures = await measure(name, `bench-${name}-${index}`, { log, address: broker.address });
      if (figures !== undefined) found.get(name)!.push(figures);
    }
  }
  await log.close();
} finally {
  await broker.remove();
  rmSync(dir, { recursive: true, force: true });
}

const title = `${values.records} records of about 120 bytes, medians of ${values.runs} runs: 1,000 records a second (CPU µs a record)`;
const table = new Table({ title });
for (const [client, figures] of found) {
  const cells = Object.entries(steps).map(([step, heading]) => [
    heading,
    rate(figures.map((one) => one[step as Step])),
  ]);
  table.addRow({ client, ...Object.fromEntries(cells) });
}
table.printTable();
