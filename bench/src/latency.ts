import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Durability, EmbeddedLog } from '@millrace/embedded-log';
import { noHeaders } from '@millrace/log-client';
import { double, StreamsApp, StreamsBuilder, string, type Topology, topic } from '@millrace/streams-core';
import { Command, Option } from 'commander';
import { Table } from 'console-table-printer';

// From the moment a record was to be sent until its result can be read, exactly once, on an embedded log that
// syncs every commit. Records are due by the clock, not when the last one is through: a stall counts for all
// that wait.

const input = topic('latency-in', { key: string(), value: double() });
const output = topic('latency-out', { key: string(), value: double() });
const keys = Array.from({ length: 1000 }, (_, n) => `key-${n}`);
const warmUpMs = 3000;

/** The value, which is the time at which it was due, comes out as it went in. */
const jobs: Readonly<Record<string, () => Topology>> = {
  stateless: () => {
    const builder = new StreamsBuilder();
    builder
      .stream(input)
      .mapValues((due) => due)
      .to(output);
    return builder.build();
  },
  'latest by key': () => {
    const builder = new StreamsBuilder();
    builder
      .stream(input)
      .groupByKey({ name: 'by-key' })
      .reduce((_, due) => due, { as: 'latest' })
      .toStream()
      .to(output);
    return builder.build();
  },
};

const options = new Command('bench:latency')
  .description('End-to-end latency at a fixed rate, exactly once, every commit synced.')
  .option('--rates <n,n>', 'records a second', '1000,10000')
  .option('--seconds <n>', 'for each rate, after three to warm up', Number, 20)
  .option('--partitions <n>', 'of both topics', Number, 4)
  .addOption(
    new Option('--durability <when>', 'when a commit counts')
      .choices(['commit', 'interval', 'os'])
      .default('commit'),
  )
  .option('--json <file>', 'write the rows as JSON as well')
  .parse()
  .opts<{ rates: string; seconds: number; partitions: number; durability: Durability; json?: string }>();

interface Row {
  readonly job: string;
  readonly rate: number;
  readonly p50: number;
  readonly p99: number;
  readonly p999: number;
  readonly max: number;
  readonly cpu: number;
}

/** Sends what is due, every millisecond or so, until it is time to stop. Resolves to how many it sent. */
async function send(log: EmbeddedLog, rate: number, ms: number): Promise<number> {
  const producer = await log.producer();
  const bytes = input.value;
  const began = performance.now();
  let sent = 0;
  const acknowledged: Promise<unknown>[] = [];
  while (performance.now() - began < ms) {
    const due = Math.min(Math.floor(((performance.now() - began) * rate) / 1000), (ms * rate) / 1000);
    const byPartition = Array.from({ length: options.partitions }, () => [] as object[]);
    for (; sent < due; sent++) {
      const key = keys[sent % keys.length]!;
      const value = bytes.serialize(began + (sent * 1000) / rate);
      byPartition[sent % options.partitions]!.push({ key, value, timestamp: Date.now(), headers: noHeaders });
    }
    const records = byPartition.flatMap((some, partition) =>
      some.length === 0 ? [] : [{ topic: input.name, partition, records: some as never }],
    );
    if (records.length > 0) acknowledged.push(producer.send(records));
    await sleep(1);
  }
  await Promise.all(acknowledged);
  await producer.close();
  return sent;
}

/** Reads results until there are so many; the latencies of those that were due after the warm-up, in ms. */
async function receive(
  log: EmbeddedLog,
  isDone: (count: number) => boolean,
  from: number,
): Promise<number[]> {
  const positions = Array.from({ length: options.partitions }, (_, partition) => ({
    topic: output.name,
    partition,
    offset: 0,
  }));
  const reader = await log.reader(positions);
  const found: number[] = [];
  let count = 0;
  while (!isDone(count)) {
    const batches = await reader.poll({ maxWaitMs: 500, maxRecords: 100_000 });
    const now = performance.now();
    for (const { records } of batches) {
      count += records.length;
      for (const { value } of records) {
        const due = output.value.deserialize(value!);
        if (due >= from) found.push(now - due);
      }
    }
  }
  await reader.close();
  return found;
}

async function measure(job: string, rate: number): Promise<Row> {
  const dir = await mkdtemp(path.join(tmpdir(), 'millrace-latency-'));
  const log = await EmbeddedLog.open({ dir: path.join(dir, 'log'), durability: options.durability });
  try {
    const { partitions } = options;
    await log.admin.createTopics([input, output].map(({ name }) => ({ name, partitions })));
    const app = new StreamsApp(jobs[job]!(), {
      applicationId: 'latency',
      log,
      stateDir: path.join(dir, 'state'),
    });
    await app.start();
    let total = Number.POSITIVE_INFINITY;
    const cpu = process.cpuUsage();
    const began = performance.now();
    const receiving = receive(log, (count) => count >= total, began + warmUpMs);
    total = await send(log, rate, warmUpMs + options.seconds * 1000);
    const latencies = (await receiving).toSorted((a, b) => a - b);
    const { user, system } = process.cpuUsage(cpu);
    const used = (user + system) / 1000 / (performance.now() - began);
    await app.close();
    const at = (share: number): number => latencies[Math.floor(latencies.length * share)]!;
    return { job, rate, p50: at(0.5), p99: at(0.99), p999: at(0.999), max: latencies.at(-1)!, cpu: used };
  } finally {
    await log.close();
    await rm(dir, { recursive: true, force: true });
  }
}

const rows: Row[] = [];
for (const rate of options.rates.split(',').map(Number)) {
  for (const job of Object.keys(jobs)) {
    console.error(`${job}, ${rate} records/s ...`);
    rows.push(await measure(job, rate));
  }
}
const table = new Table({ shouldDisableColors: true });
const ms = (value: number): string => value.toFixed(1);
for (const { job, rate, p50, p99, p999, max, cpu } of rows) {
  const times = { 'p50 ms': ms(p50), 'p99 ms': ms(p99), 'p99.9 ms': ms(p999), 'max ms': ms(max) };
  table.addRow({ job, 'records/s': rate, ...times, cores: cpu.toFixed(2) });
}
table.printTable();
if (options.json !== undefined) {
  const { version, platform } = process;
  const { durability } = options;
  const file = path.resolve(process.env['INIT_CWD'] ?? process.cwd(), options.json);
  await writeFile(
    file,
    JSON.stringify({ at: new Date().toISOString(), version, platform, durability, rows }, undefined, 2),
  );
}
