// npm run scenarios:golden: runs scenarios here and in Kafka Streams' own test driver, and compares.
import { spawnSync } from 'node:child_process';
import { mkdirSync, readdirSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { cacheDir, classPath, defaultVersion, missingTools } from './kafka/jars.mjs';
import { root, run, setUp } from './setup.mjs';

setUp();
const missing = missingTools();
if (missing !== undefined) {
  console.error(`error: Kafka Streams needs ${missing}`);
  process.exit(1);
}
const version = process.env.KAFKA_VERSION ?? defaultVersion;
const jars = await classPath(version, ['streams']);
const classes = path.join(cacheDir, version, 'golden');
mkdirSync(classes, { recursive: true });
const sources = fileURLToPath(new URL('./kafka/golden', import.meta.url));
const files = readdirSync(sources).map((name) => path.join(sources, name));
const { status, stderr } = spawnSync('javac', ['-nowarn', '-cp', jars, '-d', classes, ...files], {
  encoding: 'utf8',
});
if (status !== 0) {
  console.error(`error: javac failed: ${stderr}`);
  process.exit(1);
}
run(
  process.execPath,
  [path.join(root, 'packages/testing/dist/scenario/golden/main.js'), ...process.argv.slice(2)],
  { env: { ...process.env, GOLDEN_CLASSPATH: `${jars}${path.delimiter}${classes}` } },
);
