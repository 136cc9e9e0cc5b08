import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Durability, EmbeddedLog } from '@millrace/embedded-log';
import { kafkaLog } from '@millrace/kafka';
import { type LogClient, noHeaders } from '@millrace/log-client';
import { double, StreamsApp, StreamsBuilder, string, type Topology, topic } from '@millrace/streams-core';
import { Command, Option } from 'commander';
import { Table } from 'console-table-printer';
import { startBroker } from './broker.ts';

// From the moment a record was to be sent until its result can be read, exactly once, on an embedded log that
// syncs every commit, or on a Kafka broker. Records are due by the clock, not when the last one is through: a
// stall counts for all that wait.

const key = string();
const value = double();
/** Of one row: a broker keeps the topics of those before. */
const topicsOf = (row: number) => ({
  input: topic(`latency-in-${row}`, { key, value }),
  output: topic(`latency-out-${row}`, { key, value }),
});
type Topics = ReturnType<typeof topicsOf>;

const keys = Array.from({ length: 1000 }, (_, n) => `key-${n}`);
const warmUpMs = 3000;

/** The value, which is the time at which it was due, comes out as it went in. */
const jobs: Readonly<Record<string, (topics: Topics) => Topology>> = {
  stateless: ({ input, output }) => {
    const builder = new StreamsBuilder();
    builder
      .stream(input)
      .mapValues((due) => due)
      .to(output);
    return builder.build();
  },
  'latest by key': ({ input, output }) => {
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
  .option('--kafka', 'on a Kafka broker, which shares the processor')
  .option('--json <file>', 'write the rows as JSON as well')
  .parse()
  .opts<{
    rates: string;
    seconds: number;
    partitions: number;
    durability: Durability;
    kafka?: true;
    json?: string;
  }>();

const broker = options.kafka === true ? await startBroker() : undefined;
/** A Kafka producer sends one request at a time: what is due meanwhile goes with the next. */
const sendsAtOnce = broker === undefined ? Number.POSITIVE_INFINITY : 1;

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
async function send(log: LogClient, to: string, rate: number, ms: number): Promise<number> {
  const producer = await log.producer();
  const began = performance.now();
  let sent = 0;
  const sending = new Set<Promise<unknown>>();
  while (performance.now() - began < ms) {
    await sleep(1);
    if (sending.size >= sendsAtOnce) continue;
    const due = Math.min(Math.floor(((performance.now() - began) * rate) / 1000), (ms * rate) / 1000);
    const byPartition = Array.from({ length: options.partitions }, () => [] as object[]);
    for (; sent < due; sent++) {
      byPartition[sent % options.partitions]!.push({
        key: keys[sent % keys.length]!,
        value: value.serialize(began + (sent * 1000) / rate),
        timestamp: Date.now(),
        headers: noHeaders,
      });
    }
    const records = byPartition.flatMap((some, partition) =>
      some.length === 0 ? [] : [{ topic: to, partition, records: some as never }],
    );
    if (records.length === 0) continue;
    const acknowledged = producer.send(records);
    sending.add(acknowledged);
    void acknowledged.then(() => sending.delete(acknowledged));
  }
  await Promise.all(sending);
  await producer.close();
  return sent;
}

/** Reads results until there are so many; the latencies of those that were due after the warm-up, in ms. */
async function receive(
  log: LogClient,
  source: string,
  isDone: (count: number) => boolean,
  from: number,
): Promise<number[]> {
  const positions = Array.from({ length: options.partitions }, (_, partition) => ({
    topic: source,
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
      for (const record of records) {
        const due = value.deserialize(record.value!);
        if (due >= from) found.push(now - due);
      }
    }
  }
  await reader.close();
  return found;
}

async function openLog(dir: string): Promise<LogClient> {
  if (broker !== undefined) return kafkaLog({ brokers: [broker.address] });
  return EmbeddedLog.open({ dir, durability: options.durability });
}

async function measure(job: string, rate: number): Promise<Row> {
  const dir = await mkdtemp(path.join(tmpdir(), 'millrace-latency-'));
  // Who sends and who reads the results would not share a connection with the app.
  const log = await openLog(path.join(dir, 'log'));
  const outside = broker === undefined ? log : await openLog(dir);
  try {
    const { partitions } = options;
    const topics = topicsOf(rows.length);
    const { input, output } = topics;
    await log.admin.createTopics([input, output].map(({ name }) => ({ name, partitions })));
    const app = new StreamsApp(jobs[job]!(topics), {
      applicationId: input.name,
      log,
      stateDir: path.join(dir, 'state'),
    });
    await app.start();
    let total = Number.POSITIVE_INFINITY;
    const cpu = process.cpuUsage();
    const began = performance.now();
    const receiving = receive(outside, output.name, (count) => count >= total, began + warmUpMs);
    total = await send(outside, input.name, rate, warmUpMs + options.seconds * 1000);
    const latencies = (await receiving).toSorted((a, b) => a - b);
    const { user, system } = process.cpuUsage(cpu);
    const used = (user + system) / 1000 / (performance.now() - began);
    await app.close();
    const at = (share: number): number => latencies[Math.floor(latencies.length * share)]!;
    return { job, rate, p50: at(0.5), p99: at(0.99), p999: at(0.999), max: latencies.at(-1)!, cpu: used };
  } finally {
    if (outside !== log) await outside.close();
    await log.close();
    await rm(dir, { recursive: true, force: true });
  }
}

const rows: Row[] = [];
try {
  for (const rate of options.rates.split(',').map(Number)) {
    for (const job of Object.keys(jobs)) {
      console.error(`${job}, ${rate} records/s ...`);
      rows.push(await measure(job, rate));
    }
  }
} finally {
  await broker?.remove();
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
