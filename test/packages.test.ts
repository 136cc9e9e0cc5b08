import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { cp, mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { checkPackage, createPackageFromTarballData } from '@arethetypeswrong/core';
import { publint } from 'publint';
import { formatMessage } from 'publint/utils';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';

// The packages as users get them: packed, looked through, and installed in an empty project.

const root = fileURLToPath(new URL('..', import.meta.url));
const run = promisify(execFile);

/** The largest that each may be as a tarball, in KiB. */
const budgets: Readonly<Record<string, number>> = {
  'create-millrace': 15,
  millrace: 10,
  'millrace-app-server': 65,
  'millrace-cli': 80,
  'millrace-connect': 75,
  'millrace-embedded-log': 270,
  'millrace-inspector': 95,
  'millrace-kafka': 100,
  'millrace-kafka-protocol': 130,
  'millrace-log-client': 70,
  'millrace-log-server': 90,
  'millrace-schema-registry': 45,
  'millrace-state-stores': 160,
  'millrace-streams-core': 610,
  'millrace-testing': 65,
};

/** Those that programs use; the other one makes projects. */
const libraries = Object.keys(budgets).filter((name) => name !== 'create-millrace');

let dir = '';
const tarball = (name: string): string => path.join(dir, 'packed', `${name}-0.1.0.tgz`);

beforeAll(async () => {
  dir = await mkdtemp(path.join(tmpdir(), 'millrace-packages-'));
  const { packageManager } = JSON.parse(await readFile(path.join(root, 'package.json'), 'utf8')) as {
    readonly packageManager: string;
  };
  const pack = ['-r', '--filter', './packages/*', 'pack', '--pack-destination', path.join(dir, 'packed')];
  await run('npm', ['exec', '--yes', '--', packageManager, ...pack], { cwd: root });
}, 120_000);

afterAll(() => rm(dir, { recursive: true, force: true }));

describe.each(Object.entries(budgets))('the tarball of %s', (name, budget) => {
  test('has what a user reads, nothing of the build, and is small', async () => {
    const { stdout } = await run('tar', ['tzf', tarball(name)]);
    const files = stdout.split('\n').filter((file) => !file.startsWith('package/template/'));
    for (const file of ['package.json', 'README.md', 'CHANGELOG.md', 'LICENSE'])
      expect(files).toContain(`package/${file}`);
    expect(files.filter((file) => /tsbuildinfo|\/test\/|\.test\./.test(file))).toEqual([]);
    expect((await stat(tarball(name))).size / 1024).toBeLessThan(budget);
  });

  test('says in package.json what is in it (publint, strict)', async () => {
    const bytes = await readFile(tarball(name));
    const { messages, pkg } = await publint({
      pack: { tarball: new Uint8Array(bytes).buffer },
      strict: true,
    });
    expect(messages.map((message) => formatMessage(message, pkg))).toEqual([]);
  });

  test('has types for every entry that can be imported and required', async () => {
    const data = createPackageFromTarballData(new Uint8Array(await readFile(tarball(name))));
    const { types, ...found } = await checkPackage(data);
    expect(types).not.toBe(false);
    const problems = 'problems' in found ? found.problems : [];
    // Node 20.19 and later require ES modules; older resolutions know no "exports".
    const wrong = problems.filter(
      (problem) =>
        problem.kind !== 'CJSResolvesToESM' &&
        !('resolutionKind' in problem && problem.resolutionKind === 'node10'),
    );
    expect(wrong).toEqual([]);
  });
});

/** The files of a tarball, by their paths in the package. */
async function unpacked(name: string): Promise<string> {
  const folder = path.join(dir, 'unpacked', name);
  await mkdir(folder, { recursive: true });
  await run('tar', ['xzf', tarball(name), '-C', folder, '--strip-components=1']);
  return folder;
}

const references = /new URL\((?:'|")(\.[^'"]*)(?:'|"), import\.meta\.url\)/g;

describe.each(libraries)('what is published of %s', (name) => {
  test('is few files, whose references and source maps lead to files that are there', async () => {
    const folder = await unpacked(name);
    const { bundledExports } = (await import(new URL('../scripts/bundle.mjs', import.meta.url).href)) as {
      readonly bundledExports: (exports: object) => object;
    };
    const own = path.join(root, 'packages', name.replace(/^millrace-/, ''), 'package.json');
    const developed = JSON.parse(await readFile(own, 'utf8')) as { readonly exports: object };
    const published = JSON.parse(await readFile(path.join(folder, 'package.json'), 'utf8')) as object;
    expect(published).toMatchObject({ exports: bundledExports(developed.exports) });
    const files = (await readdir(folder, { recursive: true })).filter((file) => file.endsWith('.js'));
    expect(files.filter((file) => !/^(?:bundle|bin|dist.page)\W/.test(file))).toEqual([]);
    const bundle = path.join(folder, 'bundle');
    const missing: string[] = [];
    for (const file of (await readdir(bundle)).filter((one) => one.endsWith('.js'))) {
      const code = await readFile(path.join(bundle, file), 'utf8');
      // What only passes on what others export has none.
      const map = code.includes('//# sourceMappingURL=')
        ? (JSON.parse(await readFile(path.join(bundle, `${file}.map`), 'utf8')) as {
            readonly sources: readonly string[];
          })
        : { sources: [] };
      // A module that is run from its sources takes its thread's from `dist`: these are not.
      const named = [...code.matchAll(references)]
        .map(([, to]) => to!)
        .filter((to) => !/\/dist\/.*\.js$/.test(to));
      for (const to of [...named, ...map.sources])
        if (!existsSync(path.join(bundle, to))) missing.push(`${file}: ${to}`);
    }
    expect(missing).toEqual([]);
  });
});

test('the page is in the tarball of the inspector', async () => {
  const page = path.join(await unpacked('millrace-inspector'), 'dist/page');
  expect((await readdir(page)).toSorted()).toEqual(['index.html', 'page.css', 'page.js']);
});

test('no tarball is left out', async () => {
  const packed = await readdir(path.join(dir, 'packed'));
  expect(packed.map((file) => file.replace('-0.1.0.tgz', '')).toSorted()).toEqual(
    Object.keys(budgets).toSorted(),
  );
});

/** Dependencies on the tarballs. */
const packedLibraries = (): Record<string, string> =>
  Object.fromEntries(
    libraries.map((name) => [name.replace(/^millrace-/, '@millrace/'), `file:${tarball(name)}`]),
  );

let made: Promise<string> | undefined;
/** The project, made once. */
const theProject = (): Promise<string> => (made ??= newProject());

/** A new project, as npm create makes it, with the tarballs in place of what is not published yet. */
async function newProject(): Promise<string> {
  const folder = path.join(dir, 'created');
  await mkdir(folder);
  await run('tar', ['xzf', tarball('create-millrace'), '-C', folder]);
  const { stdout } = await create('My App', '--name', 'my-app');
  expect(stdout).toMatch(/src.pipeline\.ts[^]*cd "My App"[^]*npm install[^]*npm test/);
  const project = path.join(folder, 'My App');
  const manifestFile = path.join(project, 'package.json');
  const manifest = JSON.parse(await readFile(manifestFile, 'utf8')) as {
    readonly name: string;
    readonly dependencies: object;
  };
  expect(manifest.name).toBe('my-app');
  const dependencies = {
    ...manifest.dependencies,
    ...packedLibraries(),
    // The oldest that is supported.
    'typescript-5.7': 'npm:typescript@5.7',
  };
  await writeFile(manifestFile, JSON.stringify({ ...manifest, dependencies }));
  // What docs/first-pipeline.md shows is compiled against the tarballs too.
  await cp(path.join(root, 'examples/page-views/src/main.ts'), path.join(project, 'src/documented.ts'));
  const config = {
    extends: './tsconfig.json',
    compilerOptions: { noEmit: true, rootDir: '.' },
    include: ['src', 'test'],
  };
  await writeFile(path.join(project, 'tsconfig.check.json'), JSON.stringify(config));
  await run('npm', ['install', '--no-audit', '--no-fund'], { cwd: project });
  return project;
}

function create(...args: string[]) {
  const folder = path.join(dir, 'created');
  return run(process.execPath, [path.join(folder, 'package/bin/create-millrace.js'), ...args], {
    cwd: folder,
  });
}

/** A program without ES modules. */
const requiring = `
  const { EmbeddedLog, StreamsApp } = require('millrace');
  const { TopologyTestDriver } = require('millrace/testing');
  const { kafkaLog } = require('@millrace/kafka');
  console.log([EmbeddedLog, StreamsApp, TopologyTestDriver, kafkaLog].map((one) => typeof one).join());`;

/** A pipeline on a log and stores on disk: what has parts of its own for each version of Node. */
const counting = `
  import { createTopics, EmbeddedLog, integer, producer, records, StreamsApp, StreamsBuilder, string, topic } from 'millrace';
  import { mkdtempSync } from 'node:fs';
  const dir = mkdtempSync('counted-');
  const log = await EmbeddedLog.open({ dir: dir + '/log' });
  const [views, counts] = [topic('views', { key: string(), value: string() }), topic('counts', { key: string(), value: integer() })];
  await createTopics(log, [views, counts]);
  const builder = new StreamsBuilder();
  builder.stream(views).groupByKey().count({ as: 'n' }).toStream().mapValues((n) => n ?? 0).to(counts);
  const app = new StreamsApp(builder.build(), { applicationId: 'app', log, stateDir: dir + '/state' });
  await app.start();
  const out = await producer(log, views);
  await out.send('mug', 'a');
  await out.send('mug', 'b');
  for await (const { key, value } of records(log, counts, { from: 'earliest', follow: true })) {
    if (value === 2) { console.log(key, value); break; }
  }
  await out.close();
  await app.close();
  await log.close();`;

/** A topic that is counted in threads. */
const inThreads = `
  import { createTopics, EmbeddedLog, integer, producer, records, runWorkers, string, topic } from 'millrace';
  import { mkdtempSync, writeFileSync } from 'node:fs';
  import { pathToFileURL } from 'node:url';
  const dir = mkdtempSync('threads-');
  writeFileSync(dir + '/app.mjs', \`
    import { integer, StreamsApp, StreamsBuilder, string, threadLog, topic } from 'millrace';
    const builder = new StreamsBuilder();
    builder.stream(topic('views', { key: string(), value: string() })).groupByKey().count({ as: 'n' })
      .toStream().mapValues((n) => n ?? 0).to(topic('counts', { key: string(), value: integer() }));
    export default async ({ logPort }) => new StreamsApp(builder.build(), {
      applicationId: 'app', log: await threadLog(logPort), stateDir: '\${dir}/state' });\`);
  const log = await EmbeddedLog.open({ dir: dir + '/log' });
  const [views, counts] = [topic('views', { key: string(), value: string() }), topic('counts', { key: string(), value: integer() })];
  await createTopics(log, [views, counts], { partitions: 2 });
  const module = pathToFileURL(dir + '/app.mjs');
  const pool = await runWorkers({ module, workers: 2, logPort: () => log.threadPort() });
  const out = await producer(log, views);
  await out.send('mug', 'a');
  await out.send('mug', 'b');
  for await (const { key, value } of records(log, counts, { from: 'earliest', follow: true })) {
    if (value === 2) { console.log(key, value); break; }
  }
  await out.close();
  await pool.close();
  await log.close();`;

/** A mistake, whose error says where in the sources. */
const mistaken = `
  import { string, topic } from 'millrace';
  topic('no name', { key: string(), value: string() });`;

/** A topic into a table of the SQLite that comes with Node. */
const sinking = `
  import { createTopics, EmbeddedLog, integer, producer, string, topic } from 'millrace';
  import { sinkTo, sqlite } from '@millrace/connect';
  import { DatabaseSync } from 'node:sqlite';
  const log = await EmbeddedLog.inMemory();
  const stock = topic('stock', { key: string(), value: integer() });
  await createTopics(log, [stock]);
  const database = new DatabaseSync(':memory:');
  database.exec('create table stock (sku text primary key, n integer)');
  const mapping = { table: 'stock', key: (sku) => ({ sku }), columns: (n) => ({ n }) };
  const sink = await sinkTo(log, stock, sqlite({ database, ...mapping }), { group: 'g' });
  const out = await producer(log, stock);
  for (const n of [1, 2, 3]) await out.send('mug', n);
  while (sink.written < 3) await new Promise((resolve) => setTimeout(resolve, 10));
  console.log(JSON.stringify(database.prepare('select * from stock').all()));
  await sink.close();
  await log.close();`;

test('an empty folder gets to a checked and tested pipeline with npm create', {
  timeout: 240_000,
}, async () => {
  const started = performance.now();
  const project = await theProject();
  const node = (...args: string[]) => run(process.execPath, args, { cwd: project });
  // Of the oldest TypeScript that is supported, and of the one that this project is built with.
  await node('node_modules/typescript-5.7/bin/tsc', '-p', 'tsconfig.check.json');
  await node(
    path.join(root, 'node_modules/typescript/bin/tsc'),
    '-p',
    path.join(project, 'tsconfig.check.json'),
  );
  const { stdout: tested } = await node('node_modules/vitest/vitest.mjs', 'run', '--no-color');
  expect(tested).toMatch(/Tests +2 passed/);

  const required = await node('--no-warnings', '--experimental-require-module', '-e', requiring);
  expect(required.stdout.trim()).toBe('function,function,function,function');

  const module = ['--input-type=module', '--no-warnings'];
  expect((await node(...module, '-e', inThreads)).stdout.trim()).toBe('mug 2');
  // Stack traces lead to the sources.
  await expect(node('--enable-source-maps', ...module, '-e', mistaken)).rejects.toMatchObject({
    stderr: expect.stringMatching(/no name[^]*streams-core.src.serde.topic\.ts:\d+/),
  });

  const { stdout: version } = await node('node_modules/millrace/bin/millrace.js', '--version');
  expect(version.trim()).toBe('0.1.0');
  const installed = await readdir(path.join(project, 'node_modules/@millrace'));
  expect(installed.length).toBe(libraries.length - 1);
  // One copy of what types are exchanged through.
  const { stdout: tree } = await run('npm', ['ls', 'rxjs', 'zod', '--all', '--parseable'], { cwd: project });
  const copies = tree
    .trim()
    .split('\n')
    .filter((line) => /node_modules.(rxjs|zod)$/.test(line));
  expect(new Set(copies).size).toBe(2);
  console.log(
    `from an empty folder to a tested pipeline: ${((performance.now() - started) / 1000).toFixed(0)} s`,
  );
});

test.each([22, 24])(
  'the same project is tested on Node %i, and can be required',
  {
    timeout: 240_000,
  },
  async (major) => {
    const project = await theProject();
    const folder = path.join(dir, `node-${major}`);
    await mkdir(folder);
    // Node's own builds, as npm has them for each platform.
    const build = `node-${process.platform}-${process.arch}`;
    const install = ['install', '--no-save', '--no-audit', '--no-fund', '--prefix', folder];
    await run('npm', [...install, `${build}@${major}`], { cwd: folder });
    const binary = path.join(folder, 'node_modules', build, 'bin/node');
    const node = (...args: string[]) => run(binary, args, { cwd: project });
    expect((await node('--version')).stdout).toMatch(new RegExp(`^v${major}\\.`));
    const { stdout: tested } = await node('node_modules/vitest/vitest.mjs', 'run', '--no-color');
    expect(tested).toMatch(/Tests +2 passed/);
    const required = await node('--no-warnings', '-e', requiring);
    expect(required.stdout.trim()).toBe('function,function,function,function');
    // Views of a page, counted on an embedded log on disk, in TypeScript as it is written.
    const { stdout: counted } = await node('--no-warnings', '--input-type=module', '-e', counting);
    expect(counted.trim()).toBe('mug 2');
    const { stdout: sunk } = await node('--no-warnings', '--input-type=module', '-e', sinking);
    expect(sunk.trim()).toBe('[{"sku":"mug","n":3}]');
  },
);

test('what npm create millrace makes is tested, built, and runs by its own commands', {
  timeout: 240_000,
}, async () => {
  const project = await theProject();
  expect((await run('npm', ['test', '--', '--no-color'], { cwd: project })).stdout).toMatch(
    /Tests +2 passed/,
  );
  await run('npm', ['run', 'build'], { cwd: project });
  expect(await runUntilStopped(project)).toEqual({ code: 0, rows: ['/ 1', '/ 2'] });
  await expect(create('My App', '--name', 'my-app')).rejects.toMatchObject({
    code: 2,
    stderr: expect.stringMatching(/^error: .*My App is not empty/),
  });
  await expect(create('Other App')).rejects.toMatchObject({ stderr: expect.stringContaining('--name') });
});

/** Runs a created project until it has counted two views, and stops it. */
async function runUntilStopped(project: string): Promise<{ code: number | null; rows: string[] }> {
  const child = spawn(process.execPath, ['dist/main.js'], { cwd: project });
  const ended = once(child, 'exit') as Promise<[number | null]>;
  const rows: string[] = [];
  const lines = createInterface({ input: child.stdout });
  child.stdin.write('/\n/\n');
  for await (const line of lines) {
    // The time is that of the day.
    rows.push(line.replace(/^\d\d:\d\d /, ''));
    if (rows.length === 2) break;
  }
  child.kill('SIGTERM');
  return { code: (await ended)[0], rows };
}

test('an example is deployed with what it needs, and runs', { timeout: 240_000 }, async () => {
  const folder = path.join(dir, 'deployed');
  await run(process.execPath, [path.join(root, 'scripts/deploy.mjs'), 'page-views', folder]);
  expect((await readdir(path.join(folder, 'node_modules'))).toSorted()).not.toContain('vitest');
  expect(await runUntilStopped(folder)).toEqual({ code: 0, rows: ['/ 1', '/ 2'] });
});

test('docs/dependencies.md lists what each brings along, under a licence that may be used with Apache-2.0', async () => {
  const { dependenciesPage } = (await import(new URL('../scripts/licences.mjs', import.meta.url).href)) as {
    readonly dependenciesPage: () => string;
  };
  const page = await readFile(path.join(root, 'docs/dependencies.md'), 'utf8');
  expect(page).toBe(dependenciesPage());
  const licences = [...page.matchAll(/\| ([^|]+) \|$/gm)].map(([, licence]) => licence!).slice(2);
  expect(licences.length).toBeGreaterThan(15);
  const allowed = /^(?:MIT|ISC|Apache-2\.0|BSD-[23]-Clause|\(Apache-2\.0 AND BSD-3-Clause\))$/;
  expect(licences.filter((licence) => !allowed.test(licence))).toEqual([]);
});

test('what users could not install, or not find the source of, is not published', async () => {
  const script = path.join(root, 'scripts/before-publish.mjs');
  const { withRepository } = (await import(
    new URL('../scripts/set-repository.mjs', import.meta.url).href
  )) as {
    readonly withRepository: (manifest: object, url: string, folder: string) => object;
  };
  const folder = path.join(dir, 'published');
  await mkdir(folder);
  const publish = (agent: string) =>
    run(process.execPath, [script], { cwd: folder, env: { ...process.env, npm_config_user_agent: agent } });
  const refusal = (text: string) => ({ code: 1, stderr: expect.stringContaining(text) });
  const manifest = { name: '@millrace/kafka', license: 'Apache-2.0', type: 'module' };
  await writeFile(path.join(folder, 'package.json'), JSON.stringify(manifest));
  await expect(publish('npm/10.8.0 node/v20.19.0')).rejects.toMatchObject(refusal('Publish with pnpm'));
  await expect(publish('pnpm/10.34.8 npm/?')).rejects.toMatchObject(
    refusal('@millrace/kafka does not say where its source is'),
  );
  const said = withRepository(manifest, 'https://example.org/owner/name.git/', 'kafka');
  expect(said).toEqual({
    ...manifest,
    repository: {
      type: 'git',
      url: 'git+https://example.org/owner/name.git',
      directory: 'packages/kafka',
    },
    homepage: 'https://example.org/owner/name/tree/main/packages/kafka#readme',
    bugs: 'https://example.org/owner/name/issues',
  });
  expect(withRepository(said, 'https://example.org/owner/name', 'kafka')).toEqual(said);
  await writeFile(path.join(folder, 'package.json'), JSON.stringify(said));
  await publish('pnpm/10.34.8 npm/?');
});
