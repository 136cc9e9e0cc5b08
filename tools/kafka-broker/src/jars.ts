// Apache Kafka's jars: downloaded once by Maven, found again by their paths.
import { execFile, spawnSync } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

/** The package's folder, from the sources and from what they are built to. */
const packageDir = fileURLToPath(new URL('..', import.meta.url));
export const cacheDir = process.env['MILLRACE_KAFKA_DIR'] ?? path.join(packageDir, '../../.millrace/kafka');
export const defaultVersion = '4.3.1';
const plugin = 'org.apache.maven.plugins:maven-dependency-plugin:3.9.0:build-classpath';
const run = promisify(execFile);

/** What is missing to run Kafka here, in a few words; undefined where nothing is. */
export function missingTools(): string | undefined {
  const missing: string[] = [];
  const java = spawnSync('java', ['-version'], { encoding: 'utf8' });
  const version = Number(/version "(\d+)/.exec(java.stderr ?? '')?.[1] ?? 0);
  if (java.error !== undefined || version < 17) missing.push('Java 17 or later');
  if (spawnSync('mvn', ['-v']).error !== undefined) missing.push('Maven');
  return missing.length === 0 ? undefined : missing.join(' and ');
}

/**
 * The class path of a Kafka version with some profiles of the POM (`tools`, `streams`). Downloads what is
 * missing.
 * @throws Error that says what to do where Maven cannot
 */
export async function classPath(
  version: string = defaultVersion,
  profiles: readonly string[] = [],
): Promise<string> {
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
    path.join(packageDir, 'pom.xml'),
    `-P${[logging, ...profiles].join(',')}`,
    `-Dkafka.version=${version}`,
    plugin,
    '-DincludeScope=runtime',
    `-Dmdep.outputFile=${part}`,
  ];
  try {
    await run('mvn', args, { maxBuffer: 16 << 20 });
  } catch (error) {
    const { stdout, message } = error as Error & { readonly stdout?: string };
    throw new Error(
      `Maven could not get Apache Kafka ${version}: ${(stdout || message).slice(-2000)}\nIs there a version of that name, and can Maven reach its repository (a proxy or mirror goes into settings.xml)?`,
    );
  }
  renameSync(part, file);
  writeFileSync(path.join(dir, 'version'), version);
  return readFileSync(file, 'utf8').trim();
}

/** The class path of what a POM depends on; `name` is its name in the cache. Downloads what is missing. */
export async function classPathOf(pom: string, name: string): Promise<string> {
  const file = path.join(cacheDir, `classpath-${name}`);
  if (existsSync(file) && statSync(file).mtimeMs >= statSync(pom).mtimeMs) {
    const known = readFileSync(file, 'utf8').trim();
    if (known.split(path.delimiter).every((jar) => existsSync(jar))) return known;
  }
  mkdirSync(cacheDir, { recursive: true });
  console.error(`Getting the jars of ${name} with Maven ...`);
  const part = `${file}.${process.pid}`;
  const args = ['-q', '-B', '-f', pom, plugin, '-DincludeScope=runtime', `-Dmdep.outputFile=${part}`];
  await run('mvn', args, { maxBuffer: 16 << 20 });
  renameSync(part, file);
  return readFileSync(file, 'utf8').trim();
}

/**
 * Compiles the Java files of a folder against a Kafka version's jars; returns the class path to run them
 * with.
 * @throws Error with what javac said
 */
export async function compileJava(
  sources: string,
  { name, version = defaultVersion }: { readonly name: string; readonly version?: string },
): Promise<string> {
  const jars = await classPath(version, ['streams']);
  const classes = path.join(cacheDir, version, name);
  mkdirSync(classes, { recursive: true });
  const files = readdirSync(sources)
    .filter((file) => file.endsWith('.java'))
    .map((file) => path.join(sources, file));
  const { status, stderr } = spawnSync('javac', ['-nowarn', '-cp', jars, '-d', classes, ...files], {
    encoding: 'utf8',
  });
  if (status !== 0) throw new Error(`javac failed: ${stderr}`);
  return `${jars}${path.delimiter}${classes}`;
}
