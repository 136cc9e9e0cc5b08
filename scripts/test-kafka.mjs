// npm run test:kafka: starts a Kafka broker, runs the tests that need one, stops it. Arguments go to Vitest.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { root, runToolAsync, setUp } from './setup.mjs';

setUp();
// Built by now.
const { Broker, classPath, defaultVersion, missingTools } = await import(
  '../tools/kafka-broker/dist/index.js'
);

const supported = [defaultVersion, '3.9.2'];

async function runOn(version, args) {
  const started = performance.now();
  const dir = mkdtempSync(path.join(tmpdir(), 'millrace-kafka-'));
  // Downloads are not any test's time.
  for (const profile of ['tools', 'streams']) await classPath(version, [profile]);
  const broker = await Broker.at(path.join(dir, 'broker'), { version });
  try {
    await broker.start();
    const status = await runToolAsync('vitest', 'vitest', ['run', '-c', 'vitest.kafka.config.ts', ...args], {
      KAFKA_BROKERS: broker.address,
      KAFKA_SECURE_BROKER: broker.secureAddress,
      KAFKA_CA: broker.caFile,
      KAFKA_VERSION: version,
    });
    const seconds = ((performance.now() - started) / 1000).toFixed(1);
    console.log(`Kafka ${version}: ${status === 0 ? 'ok' : 'failed'} (${seconds} s)`);
    return status;
  } finally {
    await broker.remove();
  }
}

/** The tests that run Kafka's own programs, or a broker of their own. */
function needingJava() {
  return ['packages', 'examples']
    .flatMap((parent) => readdirSync(path.join(root, parent)).map((name) => path.join(parent, name, 'test')))
    .filter((folder) => existsSync(path.join(root, folder)))
    .flatMap((folder) => readdirSync(path.join(root, folder)).map((name) => path.join(folder, name)))
    .filter((file) => file.endsWith('.kafka.test.ts'))
    .filter((file) =>
      /java\.ts'|own-broker\.ts'|@millrace\/kafka-broker/.test(readFileSync(path.join(root, file), 'utf8')),
    );
}

/** On a cluster that is there already. */
function runThere(missing, args) {
  const left = missing === undefined ? [] : needingJava();
  if (left.length > 0) console.log(`Not run, because they need ${missing}: ${left.join(', ')}`);
  const exclude = left.flatMap((file) => ['--exclude', file]);
  return runToolAsync('vitest', 'vitest', ['run', '-c', 'vitest.kafka.config.ts', ...exclude, ...args], {});
}

async function main() {
  const args = process.argv.slice(2);
  const missing = missingTools();
  if (process.env.KAFKA_BROKERS !== undefined) return runThere(missing, args);
  if (missing !== undefined) {
    console.log(
      `The Kafka tests were not run: they need ${missing}, or KAFKA_BROKERS=host:port of a cluster`,
    );
    return 0;
  }
  for (const version of process.env.KAFKA_VERSIONS?.split(',') ?? supported) {
    const status = await runOn(version, args);
    if (status !== 0) return status;
  }
  return args.length === 0 ? golden() : 0;
}

/** The scenarios, and random ones, in Kafka Streams' own test driver too. */
function golden() {
  const seed = process.env.MILLRACE_SEED ?? '1';
  const script = path.join(root, 'scripts/golden.mjs');
  const args = [script, '--random', '300', '--seed', seed];
  return spawnSync(process.execPath, args, { stdio: 'inherit' }).status ?? 1;
}

process.exitCode = await main();
