import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { EmbeddedLog } from '@millrace/embedded-log';
import { type KafkaLog, kafkaLog } from '@millrace/kafka';
import { type LogClient, noHeaders, partitionForKey, type ProducerRecord } from '@millrace/log-client';
import { runWorkers, StreamsApp } from '@millrace/streams-core';
import { Command } from 'commander';
import { Table } from 'console-table-printer';
import { startBroker } from '../broker.ts';
import { inputTopic, recordAt } from '../fixture.ts';
import { median } from '../median.ts';
import { tallyTopic } from '../tally.ts';
import { topologies, type WorkersJob } from './topologies.ts';

// An application in one thread, and in worker threads: records a second once all partitions are being read.

const partitions = 4;
const batch = 5000;
/** The share of the input after which the clock starts: threads are up, and code is warm. */
const warmShare = 0.25;

const options = new Command('bench:workers')
  .description('Two jobs in one thread and in worker threads, on an embedded log, in turn.')
  .option('--records <n>', 'records in the input', Number, 2_000_000)
  .option('--runs <n>', 'runs of each; the median counts', Number, 3)
  .option('--kafka', 'on a Kafka broker, which shares the processor')
  .option('--only <name>', `one job: ${Object.keys(topologies).join(', ')}`)
  .parse()
  .opts<{ records: number; runs: number; only?: string; kafka?: true }>();

const broker =
  options.kafka === true
    ? // Kafka's default: workers that start together get their tasks together.
      await startBroker({ 'group.initial.rebalance.delay.ms': '3000' })
    : undefined;

/** The log of this thread. */
function openLog(dir: string): Promise<EmbeddedLog | KafkaLog> {
  if (broker !== undefined) return Promise.resolve(kafkaLog({ brokers: [broker.address] }));
  return EmbeddedLog.open({ dir: path.join(dir, 'log') });
}

async function fill(dir: string): Promise<void> {
  const log = await openLog(dir);
  // The input's times are years ago: a broker would delete it.
  await log.admin.createTopics([{ name: inputTopic, partitions, configs: { 'retention.ms': '-1' } }]);
  const producer = await log.producer();
  for (let from = 0; from < options.records; from += batch) {
    const byPartition = Array.from({ length: partitions }, () => [] as ProducerRecord[]);
    for (let n = from; n < Math.min(from + batch, options.records); n++) {
      const { key, value, timestamp } = recordAt(n);
      const bytes = Buffer.from(key);
      byPartition[partitionForKey(bytes, partitions)]!.push({
        key: bytes,
        value: Buffer.from(value),
        timestamp,
        headers: noHeaders,
      });
    }
    await producer.send(byPartition.map((records, partition) => ({ topic: inputTopic, partition, records })));
  }
  await log.close();
}

interface Way {
  readonly name: string;
  /** In this thread where undefined. */
  readonly workers: number | undefined;
}

const ways: readonly Way[] = [
  { name: 'one thread', workers: undefined },
  { name: '1 worker', workers: 1 },
  { name: '2 workers', workers: 2 },
];

interface Rate {
  readonly recordsPerSecond: number;
  readonly cpuSecondsPerMillion: number;
}

let runs = 0;

/** Runs a job over the input and checks its results against those of the runs before. */
async function measure(dir: string, job: string, { workers }: Way): Promise<Rate> {
  const name = `run-${++runs}`;
  const work: WorkersJob = { job, applicationId: name, dir, out: `${name}-out`, broker: broker?.address };
  const log = await openLog(dir);
  try {
    await log.admin.createTopics([{ name: work.out, partitions, configs: { 'retention.ms': '-1' } }]);
    const app =
      workers === undefined
        ? appHere(log, work)
        : await runWorkers({
            module,
            workers,
            data: work,
            ...(log instanceof EmbeddedLog ? { logPort: () => log.threadPort() } : {}),
          });
    if (app instanceof StreamsApp) await app.start();
    app.done.catch(() => {});
    const rate = await rateOf(log, work, () => {
      if (app.failure !== undefined) throw app.failure;
    });
    await app.close();
    await check(log, work);
    return rate;
  } finally {
    await log.close();
  }
}

const module = new URL('app.js', import.meta.url);

function appHere(log: LogClient, { job, applicationId, dir, out }: WorkersJob): StreamsApp {
  return new StreamsApp(topologies[job]!(out), {
    applicationId,
    log,
    stateDir: path.join(dir, 'state', 'here'),
    maxPollRecords: 5000,
    windowStoreChangelogAdditionalRetentionMs: Number.POSITIVE_INFINITY,
  });
}

async function rateOf(log: LogClient, { applicationId }: WorkersJob, assertRuns: () => void): Promise<Rate> {
  const inputs = Array.from({ length: partitions }, (_, partition) => ({ topic: inputTopic, partition }));
  let warm: { readonly at: number; readonly cpu: number; readonly records: number } | undefined;
  for (;;) {
    assertRuns();
    const committed = await log.admin.committed(applicationId, inputs);
    const records = committed.reduce((sum, one) => sum + (one?.offset ?? 0), 0);
    const [at, cpu] = [performance.now() / 1000, cpuSeconds()];
    if (warm === undefined && records >= warmShare * options.records) warm = { at, cpu, records };
    if (warm !== undefined && records === options.records) {
      const counted = records - warm.records;
      return {
        recordsPerSecond: Math.round(counted / (at - warm.at)),
        cpuSecondsPerMillion: ((cpu - warm.cpu) * 1e6) / counted,
      };
    }
    await sleep(5);
  }
}

const sums = new Map<string, string>();

async function check(log: LogClient, { job, out }: WorkersJob): Promise<void> {
  const tallies: string[] = [];
  for (let partition = 0; partition < partitions; partition++) {
    const { count, sum } = await tallyTopic(log, out, { partition });
    tallies.push(`${count} results with the sum ${sum}`);
  }
  const found = tallies.join('; ');
  const expected = sums.get(job) ?? found;
  sums.set(job, expected);
  if (found !== expected) throw new Error(`${job}: ${expected} are expected; there are ${found}`);
}

function cpuSeconds(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1e6;
}

const dir = await mkdtemp(path.join(tmpdir(), 'millrace-workers-'));
try {
  await fill(dir);
  const table = new Table({ shouldDisableColors: true });
  for (const job of Object.keys(topologies)) {
    if (options.only !== undefined && options.only !== job) continue;
    const rates = new Map(ways.map(({ name }) => [name, [] as Rate[]]));
    for (let round = 0; round < options.runs; round++) {
      for (const way of ways) rates.get(way.name)!.push(await measure(dir, job, way));
    }
    const [, one] = rates.values();
    for (const [way, found] of rates) {
      table.addRow({
        job,
        way,
        'records/s': Math.round(median(found.map(({ recordsPerSecond }) => recordsPerSecond))),
        'against one worker': median(
          found.map(({ recordsPerSecond }, round) => recordsPerSecond / one![round]!.recordsPerSecond),
        ).toFixed(2),
        'CPU s per million': median(found.map(({ cpuSecondsPerMillion }) => cpuSecondsPerMillion)).toFixed(2),
      });
    }
  }
  table.printTable();
} finally {
  await broker?.remove();
  await rm(dir, { recursive: true, force: true });
}
