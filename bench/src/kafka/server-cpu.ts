// What serving a million records costs: a served log and a Kafka broker, in turn, with Kafka's own tools.
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { parseArgs, promisify } from 'node:util';
import { execFile } from 'node:child_process';
import { Broker, classPath, missingTools } from '@millrace/kafka-broker';
import { Table } from 'console-table-printer';
import { median } from '../median.ts';

const { values } = parseArgs({
  options: {
    records: { type: 'string', default: '1000000' },
    runs: { type: 'string', default: '3' },
    durability: { type: 'string', default: 'os' },
    help: { type: 'boolean', short: 'h' },
  },
});
if (values.help) {
  console.log(`usage: npm run bench:server [-- --records N] [--runs N] [--durability os|commit]

Kafka's ProducerPerformance and ConsumerPerformance write and read records of 100 bytes, with a served log
and with a Kafka broker in turn. Prints records a second and the server's CPU. Needs Java, Maven and Linux. A
broker syncs when the system likes, as \`os\` does.`);
  process.exit(0);
}
const missing = missingTools();
if (missing !== undefined) throw new Error(`Kafka's tools need ${missing}`);

const run = promisify(execFile);
const records = Number(values.records);
const jars = await classPath(undefined, ['tools']);
const dir = mkdtempSync(path.join(tmpdir(), 'millrace-server-'));
const millrace = path.join(import.meta.dirname, '../../../packages/cli/bin/millrace.js');

/** The CPU time of a process so far, in seconds. */
function cpuSeconds(pid: number): number {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]!.split(' ');
  return (Number(fields[11]) + Number(fields[12])) / 100;
}

async function java(mainClass: string, args: readonly string[]): Promise<string> {
  const { stdout } = await run('java', ['-cp', jars, mainClass, ...args], { timeout: 300_000 });
  return stdout;
}

interface Side {
  readonly name: string;
  readonly address: string;
  readonly pid: number;
}

interface Figures {
  readonly writtenPerSecond: number;
  readonly writeCpu: number;
  readonly readPerSecond: number;
  readonly readCpu: number;
}

async function measure({ address, pid }: Side, topic: string): Promise<Figures> {
  const server = ['--bootstrap-server', address];
  await java('org.apache.kafka.tools.TopicCommand', [
    ...server,
    '--create',
    '--topic',
    topic,
    '--partitions',
    '1',
  ]);
  let cpu = cpuSeconds(pid);
  const props = [`bootstrap.servers=${address}`, 'batch.size=65536', 'linger.ms=5', 'acks=all'];
  const sizes = ['--num-records', String(records), '--record-size', '100', '--throughput', '-1'];
  const written = await java('org.apache.kafka.tools.ProducerPerformance', [
    '--topic',
    topic,
    ...sizes,
    '--command-property',
    ...props,
  ]).catch(() =>
    java('org.apache.kafka.tools.ProducerPerformance', [
      '--topic',
      topic,
      ...sizes,
      '--producer-props',
      ...props,
    ]),
  );
  const writeCpu = cpuSeconds(pid) - cpu;
  cpu = cpuSeconds(pid);
  const count = ['--topic', topic, '--messages', String(records), '--timeout', '60000'];
  const read = await java('org.apache.kafka.tools.ConsumerPerformance', [...server, ...count]);
  const readCpu = cpuSeconds(pid) - cpu;
  const rates = [...written.matchAll(/([\d.]+) records\/sec/g)];
  const lastLine = read
    .trim()
    .split('\n')
    .at(-1)!
    .split(',')
    .map((field) => field.trim());
  return {
    writtenPerSecond: Number(rates.at(-1)?.[1]),
    writeCpu,
    readPerSecond: Number(lastLine[5]),
    readCpu,
  };
}

async function serve(): Promise<{ readonly side: Side; readonly child: ChildProcess }> {
  const args = [
    millrace,
    'serve',
    path.join(dir, 'log'),
    '--port',
    '0',
    '--no-token',
    '--durability',
    values.durability,
  ];
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] });
  const first = await new Promise<string>((resolve) =>
    child.stdout.once('data', (data) => resolve(String(data))),
  );
  const address = / at (\S+) to /.exec(first)![1]!;
  return { side: { name: 'served log', address, pid: child.pid! }, child };
}

const broker = await Broker.at(path.join(dir, 'broker'));
await broker.start();
const { side, child } = await serve();
const sides: readonly Side[] = [side, { name: 'Kafka', address: broker.address, pid: broker.pid! }];
const found = new Map(sides.map(({ name }) => [name, [] as Figures[]]));
try {
  for (let n = 0; n < Number(values.runs); n++) {
    for (const one of sides) found.get(one.name)!.push(await measure(one, `t${n}`));
  }
} finally {
  child.kill();
  await broker.remove();
  rmSync(dir, { recursive: true, force: true });
}
const table = new Table();
for (const [name, figures] of found) {
  const middle = (of: (one: Figures) => number): string => median(figures.map(of)).toFixed(2);
  table.addRow({
    server: name,
    'written/s': Math.round(Number(middle((one) => one.writtenPerSecond))),
    'CPU s/M written': (Number(middle((one) => one.writeCpu)) / (records / 1e6)).toFixed(2),
    'read/s': Math.round(Number(middle((one) => one.readPerSecond))),
    'CPU s/M read': (Number(middle((one) => one.readCpu)) / (records / 1e6)).toFixed(2),
  });
}
table.printTable();
