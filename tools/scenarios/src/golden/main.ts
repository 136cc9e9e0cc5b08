import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { compileJava, defaultVersion, missingTools } from '@millrace/kafka-broker';
import { runScenario } from '../run-scenario.ts';
import { Scenario } from '../schema.ts';
import { type GoldenResult, goldenScenario } from './golden-scenario.ts';
import { randomScenarios } from './random-scenario.ts';

/** Above `dist`. */
const packageDir = path.join(import.meta.dirname, '../..');

const help = `usage: npm run scenarios:golden [-- DIR] [--random N] [--seed S] [--only ID]

Runs scenarios here and in Kafka Streams' own TopologyTestDriver, and prints every difference. DIR is a folder of scenario
files (default: the project's own); with --random N, also N random ones.`;

/** Runs scenarios in Kafka Streams' own test driver. */
async function kafkaStreams(scenarios: readonly Scenario[]): Promise<Map<string, GoldenResult>> {
  const version = process.env['KAFKA_VERSION'] ?? defaultVersion;
  const classPath = await compileJava(path.join(packageDir, 'java'), { name: 'golden', version });
  const dir = mkdtempSync(path.join(tmpdir(), 'golden-'));
  try {
    const [input, output] = [path.join(dir, 'in.json'), path.join(dir, 'out.jsonl')];
    writeFileSync(input, JSON.stringify(scenarios));
    // What the test drivers leave behind goes with the folder.
    const args = [`-Djava.io.tmpdir=${dir}`, '-cp', classPath, 'Golden', input, output];
    const { status, stderr, error } = spawnSync('java', args, { encoding: 'utf8', maxBuffer: 256 << 20 });
    if (error !== undefined) throw error;
    if (status !== 0) throw new Error(`the Java program failed: ${stderr.slice(-3000)}`);
    const lines = readFileSync(output, 'utf8').trim().split('\n');
    return new Map(lines.map((line) => JSON.parse(line) as GoldenResult).map((one) => [one.id, one]));
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
}

function filesOf(folder: string): Scenario[] {
  return readdirSync(folder)
    .filter((name) => name.endsWith('.json'))
    .toSorted((a, b) => (a < b ? -1 : 1))
    .flatMap((name) => JSON.parse(readFileSync(path.join(folder, name), 'utf8')) as unknown[])
    .map((one) => Scenario.parse(one));
}

async function main(): Promise<number> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      random: { type: 'string', default: '0' },
      seed: { type: 'string', default: String(Date.now() % 1_000_000) },
      only: { type: 'string' },
      help: { type: 'boolean', short: 'h' },
    },
  });
  if (values.help === true) {
    console.log(help);
    return 0;
  }
  const missing = missingTools();
  if (missing !== undefined) {
    console.error(`error: Kafka Streams needs ${missing}`);
    return 1;
  }
  const from = process.env['INIT_CWD'] ?? process.cwd();
  const bundled = path.join(packageDir, 'scenarios');
  const fixed = filesOf(positionals[0] === undefined ? bundled : path.resolve(from, positionals[0]));
  const [count, seed] = [Number(values.random), Number(values.seed)];
  const all = [...fixed, ...randomScenarios(count, seed)].filter(
    ({ id }) => values.only === undefined || id === values.only,
  );
  const golden = await kafkaStreams(all);
  let [same, different, left] = [0, 0, 0];
  for (const scenario of all) {
    const result = golden.get(scenario.id)!;
    if (result.unsupported !== undefined) {
      left++;
      console.log(`${scenario.id}: not run by Kafka Streams: ${result.unsupported}`);
      continue;
    }
    const { failures } = await runScenario(goldenScenario(scenario, result));
    for (const failure of failures) console.log(`${scenario.id}: ${failure}`);
    if (failures.length === 0) same++;
    else different++;
  }
  if (count > 0) console.log(`random scenarios: replay with --random ${count} --seed ${seed}`);
  console.log(`${same} the same, ${different} different, ${left} not run`);
  return different === 0 && left === 0 ? 0 : 1;
}

process.exitCode = await main();
