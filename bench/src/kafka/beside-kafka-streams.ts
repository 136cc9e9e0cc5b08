import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { Broker, compileJava, defaultVersion, missingTools } from '@millrace/kafka-broker';
import { median } from '../median.ts';
import { quixPython } from './quix.ts';

const { values } = parseArgs({
  options: {
    records: { type: 'string', default: '400000' },
    runs: { type: 'string', default: '3' },
    only: { type: 'string' },
    json: { type: 'string' },
    quix: { type: 'boolean', default: false },
    help: { type: 'boolean', short: 'h' },
  },
});
if (values.help) {
  console.log(`usage: npm run bench:kafka [-- --records N] [--runs N] [--only JOB] [--json FILE] [--quix]

Runs each job in Kafka Streams and in Millrace on one broker, and in Millrace on its embedded log, in processes of their own, in
turn. Needs Java and Maven. Jobs: stateless, window-count, stream-table-join. --quix runs them in Quix Streams too, on the same broker:
needs Python 3.9 or later, and installs it from PyPI in a folder that goes afterwards.`);
  process.exit(0);
}
const missing = missingTools();
if (missing !== undefined) throw new Error(`Kafka Streams needs ${missing}`);
const version = process.env['KAFKA_VERSION'] ?? defaultVersion;
/** Above `dist`. */
const benchDir = path.join(import.meta.dirname, '../..');
const classPath = await compileJava(path.join(benchDir, 'kafka'), { name: 'bench', version });

/** What one run of one side prints. */
interface Figures {
  readonly seconds: number;
  readonly cpuSeconds: number;
  readonly peakBytes: number;
  restored: number;
  restoreSeconds: number;
}

const dir = mkdtempSync(path.join(tmpdir(), 'millrace-bench-'));
const broker = await Broker.at(path.join(dir, 'broker'), { version });
const main = path.join(import.meta.dirname, 'main.js');
let serial = 0;

function last(command: string, args: readonly string[]): Figures {
  const { status, stdout, stderr } = spawnSync(command, args, {
    encoding: 'utf8',
    maxBuffer: 64 << 20,
    timeout: 300_000,
  });
  if (status !== 0) throw new Error(`${command} ${args.join(' ')} failed: ${stderr.slice(-3000)}`);
  const lines = stdout
    .trim()
    .split('\n')
    .filter((line) => line.startsWith('{'));
  return JSON.parse(lines.at(-1) ?? '{}') as Figures;
}

// Node's young generation is 16 MB by default; a JVM makes its own as large as it likes.
const heap = ['--max-old-space-size=1024', '--max-semi-space-size=64'];
const node = (args: readonly string[]): Figures => last(process.execPath, [...heap, main, ...args]);
type Start = (job: string, guarantee: string, name: string, state: string) => Figures;

const onBroker = (): string[] => ['--kafka', broker.address];
const onEmbedded = (): string[] => ['--embedded', path.join(dir, 'log')];
const millrace =
  (where: () => string[]): Start =>
  (job, guarantee, name, state) =>
    node([
      ...where(),
      `--job=${job}`,
      `--guarantee=${guarantee}`,
      `--application=${name}`,
      `--state=${state}`,
      `--out=${name}-out`,
    ]);
const quix = values.quix
  ? quixPython(path.join(dir, 'quix'), path.join(benchDir, 'kafka/quix-requirements.txt'))
  : undefined;
const sides: Readonly<Record<string, Start>> = {
  'Kafka Streams': (job, guarantee, name, state) => {
    node([...onBroker(), '--out', `${name}-out`]);
    const args = [broker.address, job, guarantee, name, state, `${name}-out`];
    return last('java', ['-Xmx1g', '-cp', classPath, 'StreamsBench', ...args]);
  },
  Millrace: millrace(onBroker),
  'Millrace, embedded': millrace(onEmbedded),
  ...(quix === undefined
    ? {}
    : {
        'Quix Streams': (job, guarantee, name, state) => {
          node([...onBroker(), '--out', `${name}-out`]);
          const script = path.join(benchDir, 'kafka/quix_bench.py');
          return last(quix, [script, broker.address, job, guarantee, name, state, `${name}-out`]);
        },
      }),
};

const rows: Record<string, unknown>[] = [];
try {
  await broker.start();
  console.error(`Loading ${values.records} records ...`);
  node([...onBroker(), '--load', values.records]);
  node([...onEmbedded(), '--load', values.records]);
  const jobs = ['stateless', 'window-count', 'stream-table-join'].filter(
    (job) => values.only === undefined || job === values.only,
  );
  for (const job of jobs) {
    for (const guarantee of ['at_least_once', 'exactly_once']) {
      const found = new Map<string, Figures[]>(Object.keys(sides).map((side) => [side, []]));
      for (let run = 0; run < Number(values.runs); run++) {
        for (const [side, start] of Object.entries(sides)) {
          const name = `bench-${job}-${guarantee}-${serial++}`;
          const state = path.join(dir, name);
          console.error(`${job}, ${guarantee}: ${side}, run ${run + 1}`);
          const figures = start(job, guarantee, name, state);
          // Again, with nothing new to read and its stores gone: how long until they are back?
          if (job !== 'stateless' && run === 0 && side !== 'Quix Streams') {
            rmSync(state, { recursive: true, force: true });
            const again = start(job, guarantee, name, state);
            figures.restored = again.restored;
            figures.restoreSeconds = again.restoreSeconds;
          }
          found.get(side)!.push(figures);
          rmSync(state, { recursive: true, force: true });
        }
      }
      const rate = (side: string): number =>
        Math.round(Number(values.records) / median(found.get(side)!.map(({ seconds }) => seconds)));
      const base = rate('Kafka Streams');
      for (const side of Object.keys(sides)) {
        const restore = found.get(side)!.find(({ restored }) => restored > 0);
        rows.push({
          job,
          guarantee,
          side,
          'records/s': rate(side),
          ratio: (rate(side) / base).toFixed(2),
          'CPU s': median(found.get(side)!.map(({ cpuSeconds }) => cpuSeconds)).toFixed(1),
          'peak MB': Math.round(median(found.get(side)!.map(({ peakBytes }) => peakBytes)) / 1e6),
          restore:
            restore === undefined ? '' : `${restore.restored} in ${restore.restoreSeconds.toFixed(2)} s`,
        });
      }
      console.table(rows.slice(-Object.keys(sides).length));
    }
  }
} finally {
  await broker.remove();
  rmSync(dir, { recursive: true, force: true });
}
console.table(rows);
if (values.json !== undefined)
  writeFileSync(path.resolve(process.env['INIT_CWD'] ?? '.', values.json), JSON.stringify(rows, null, 2));
