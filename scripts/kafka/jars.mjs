// Apache Kafka's jars: downloaded once by Maven, found again by their paths.
import { execFile, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const here = fileURLToPath(new URL('.', import.meta.url));
export const cacheDir =
  process.env.MILLRACE_KAFKA_DIR ?? fileURLToPath(new URL('../../.millrace/kafka', import.meta.url));
export const defaultVersion = '4.3.1';
const plugin = 'org.apache.maven.plugins:maven-dependency-plugin:3.9.0:build-classpath';
const run = promisify(execFile);

/** What is missing to run Kafka here, in a few words; undefined where nothing is. */
export function missingTools() {
  const missing = [];
  const java = spawnSync('java', ['-version'], { encoding: 'utf8' });
  const version = Number(/version "(\d+)/.exec(java.stderr ?? '')?.[1] ?? 0);
  if (java.error !== undefined || version < 17) missing.push('Java 17 or later');
  if (spawnSync('mvn', ['-v']).error !== undefined) missing.push('Maven');
  return missing.length === 0 ? undefined : missing.join(' and ');
}

/**
 * The class path of a Kafka version with some profiles of the POM (`tools`, `streams`). Downloads what is missing.
 * @throws Error that says what to do where Maven cannot
 */
export async function classPath(version = defaultVersion, profiles = []) {
  const dir = path.join(cacheDir, version);
  const file = path.join(dir, ['classpath', ...profiles].join('-'));
  if (existsSync(file)) {
    const known = readFileSync(file, 'utf8').trim();
    if (known.split(path.delimiter).every((jar) => existsSync(jar))) return known;
  }
  mkdirSync(dir, { recursive: true });
  console.error(`Getting the jars of Apache Kafka ${version} with Maven ...`);
  const logging = version.startsWith('3.') ? 'reload4j' : 'log4j2';
  const part = `${file}.${process.pid}`;
  const args = [
    '-q',
    '-B',
    '-f',
    path.join(here, 'pom.xml'),
    `-P${[logging, ...profiles].join(',')}`,
    `-Dkafka.version=${version}`,
    plugin,
    '-DincludeScope=runtime',
    `-Dmdep.outputFile=${part}`,
  ];
  try {
    await run('mvn', args, { maxBuffer: 16 << 20 });
  } catch (error) {
    throw new Error(
      `Maven could not get Apache Kafka ${version}: ${String(error.stdout || error.message).slice(-2000)}\nIs there a version of that name, and can Maven reach its repository (a proxy or mirror goes into settings.xml)?`,
    );
  }
  renameSync(part, file);
  writeFileSync(path.join(dir, 'version'), version);
  return readFileSync(file, 'utf8').trim();
}
