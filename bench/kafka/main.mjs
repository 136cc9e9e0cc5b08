// The clients that a log on Kafka could be built on, and the one that is, on one broker, in turn.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { Broker, cacheDir, missingTools } from '@millrace/kafka-broker';
import { root, run } from '../../scripts/setup.mjs';
import { median } from '../dist/median.js';

const { values } = parseArgs({
  options: {
    records: { type: 'string', default: '400000' },
    runs: { type: 'string', default: '3' },
    help: { type: 'boolean', short: 'h' },
  },
});
if (values.help) {
  console.log(`usage: npm run bench:clients [-- --records N] [--runs N]

Writes and reads records with Millrace's client for Kafka, with kafkajs as it comes and with @platformatic/kafka, all on Node 22,
which the last one needs; both are downloaded first. Then the window count, exactly once, on Millrace's client and on a log built
on @platformatic/kafka. Needs Java and Maven for the broker.`);
  process.exit(0);
}
const missing = missingTools();
if (missing !== undefined) throw new Error(`The broker needs ${missing}`);
const dependencies = { '@platformatic/kafka': '2.12.1', kafkajs: '2.2.4', node: '22.23.3' };
const libraries = path.join(cacheDir, 'clients');
const manifest = JSON.stringify({ private: true, type: 'module', dependencies });
if (!existsSync(path.join(libraries, 'node_modules/node/bin/node'))) {
  mkdirSync(libraries, { recursive: true });
  writeFileSync(path.join(libraries, 'package.json'), manifest);
  run('npm', ['install', '--no-audit', '--no-fund', '--no-package-lock'], { cwd: libraries });
}
const node = path.join(libraries, 'node_modules/node/bin/node');
const steps = { send: 'send', transact: 'transactions', read: 'read', readCommitted: 'read committed' };
const names = ['millrace', 'kafkajs', 'platformatic'];

const dir = mkdtempSync(path.join(tmpdir(), 'millrace-clients-'));
const broker = await Broker.at(path.join(dir, 'broker'));
const found = Object.fromEntries(names.map((name) => [name, []]));
const counted = { millrace: [], platformatic: [] };

/** What a process printed last, as JSON; undefined where it failed, which is said. */
function ask(title, args) {
  const { status, stdout, stderr } = spawnSync(node, ['--max-old-space-size=2048', ...args], {
    encoding: 'utf8',
    timeout: 180_000,
  });
  if (status !== 0) console.error(`${title} failed: ${stderr.slice(-2000)}`);
  const line = stdout.trim().split('\n').at(-1);
  return status === 0 && line !== '' ? JSON.parse(line) : undefined;
}

try {
  await broker.start();
  const { kafkaLog } = await import('@millrace/kafka');
  const log = kafkaLog({ brokers: [broker.address] });
  for (let index = 0; index < Number(values.runs); index++) {
    for (const name of names) {
      const topic = `bench-${name}-${index}`;
      const topics = [`${topic}-plain`, `${topic}-named`];
      await log.admin.createTopics(topics.map((one) => ({ name: one, partitions: 4 })));
      const script = path.join(import.meta.dirname, 'clients.mjs');
      const figures = ask(`${name}, run ${index + 1}`, [
        script,
        name,
        broker.address,
        topic,
        values.records,
        libraries,
      ]);
      await log.admin.deleteTopics(topics);
      if (figures !== undefined) found[name].push(figures);
    }
  }
  const main = path.join(root, 'bench/dist/kafka/main.js');
  ask('Loading', [main, '--kafka', broker.address, '--load', values.records]);
  for (let index = 0; index < Number(values.runs); index++) {
    for (const name of Object.keys(counted)) {
      const application = `count-${name}-${index}`;
      const figures = ask(`The window count on ${name}, run ${index + 1}`, [
        main,
        `--kafka=${broker.address}`,
        '--job=window-count',
        `--application=${application}`,
        `--state=${path.join(dir, application)}`,
        `--out=${application}-out`,
        ...(name === 'platformatic' ? ['--platformatic', libraries] : []),
      ]);
      if (figures !== undefined) counted[name].push(figures);
    }
  }
  await log.close();
} finally {
  await broker.remove();
  rmSync(dir, { recursive: true, force: true });
}

/** Of the runs' figures: a thousand records a second, and CPU microseconds a record. */
function rate(figures) {
  if (figures.length === 0) return 'failed';
  const seconds = median(figures.map((one) => one.seconds));
  const cpu = median(figures.map((one) => one.cpuSeconds));
  const perSecond = (Number(values.records) / seconds / 1000).toFixed(0);
  return `${perSecond} (${((cpu * 1e6) / Number(values.records)).toFixed(1)})`;
}

console.log(
  `${values.records} records of about 120 bytes, medians of ${values.runs} runs: 1,000 records a second (CPU µs a record)`,
);
const rows = names.map((name) => {
  const cells = Object.entries(steps).map(([step, title]) => [
    title,
    rate(found[name].map((one) => one[step])),
  ]);
  const count = name in counted ? [['window count, exactly once', rate(counted[name])]] : [];
  return [name, Object.fromEntries([...cells, ...count])];
});
console.table(Object.fromEntries(rows));
