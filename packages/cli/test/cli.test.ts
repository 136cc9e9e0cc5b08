import { execFile, spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { EmbeddedLog } from '@millrace/embedded-log';
import { long, nullable, StreamsApp, StreamsBuilder, string, topic } from '@millrace/streams-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';

const bin = fileURLToPath(new URL('../bin/millrace.js', import.meta.url));
const dir = mkdtempSync(path.join(tmpdir(), 'millrace cli '));
const logDir = path.join(dir, 'log');
const stateDir = path.join(dir, 'state');
afterAll(() => rmSync(dir, { recursive: true, force: true }));

interface Ran {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

function millrace(args: readonly string[], input = ''): Promise<Ran> {
  return new Promise((resolve) => {
    const child = execFile(
      process.execPath,
      [bin, ...args],
      { cwd: dir, env: { ...process.env, INIT_CWD: dir } },
      (error, out, err) => {
        resolve({ code: typeof error?.code === 'number' ? error.code : 0, out, err });
      },
    );
    child.stdin?.end(input);
  });
}

const onLog = (...args: string[]): Promise<Ran> => millrace([...args, '--log-dir', logDir]);

const words = topic('words', { key: string(), value: nullable(string()) });
const counts = topic('counts', { key: string(), value: long() });

async function runApp(): Promise<void> {
  const log = await EmbeddedLog.open({ dir: logDir });
  const builder = new StreamsBuilder();
  builder
    .stream(words)
    .filter((word): word is string => word !== null)
    .groupBy((word) => word, { key: string() })
    .count({ as: 'kept' })
    .toStream()
    .to(counts);
  const app = new StreamsApp(builder.build(), {
    applicationId: 'counter',
    log,
    stateDir,
    commitIntervalMs: 10,
  });
  await app.start();
  while (app.metrics.processedRecords < 8 && app.state !== 'error') {
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  await app.close();
  await log.close();
}

beforeAll(async () => {
  const log = await EmbeddedLog.open({ dir: logDir });
  await log.close();
});

describe('on an embedded log', () => {
  test('topics are made and listed', async () => {
    expect((await onLog('topics', 'create', 'words', '--partitions', '2')).out).toBe(
      'words has 2 partitions\n',
    );
    expect((await onLog('topics', 'create', 'counts', '--config', 'cleanup.policy=compact')).code).toBe(0);
    const { out } = await onLog('topics', '--json');
    expect(
      out
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line) as unknown),
    ).toEqual([
      { topic: 'counts', partitions: 1, offsets: 0, bytes: 0, settings: 'cleanup.policy=compact' },
      { topic: 'words', partitions: 2, offsets: 0, bytes: 0, settings: '' },
    ]);
    const inEffect = (await onLog('topics', 'settings', 'counts')).out;
    expect(inEffect).toMatch(/cleanup\.policy +│ compact +│ topic +│/);
    expect(inEffect).toMatch(/retention\.ms +│ 604800000 +│ default │/);
    expect((await onLog('topics')).out).toMatch(/words +│ +2 │/);
  });

  test('lines are written and shown', async () => {
    const lines = 'a\tmug\nb\tcup\nc\tmug\na\t\\N\n';
    const { out } = await millrace(['produce', 'words', '--log-dir', logDir], lines);
    expect(out).toBe('4 records written to words\n');
    const shown = (await onLog('tail', 'words', '--from', 'beginning')).out
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as { key: string; value: string | null; topic: string });
    expect(shown.map(({ key, value }) => `${key}=${value}`).toSorted()).toEqual([
      'a=mug',
      'a=null',
      'b=cup',
      'c=mug',
    ]);
    expect((await onLog('tail', 'words', '--max', '1')).out.trim().split('\n')).toHaveLength(1);
    const odd = (await onLog('tail', 'words', '--value', 'long', '--from', 'beginning')).out;
    expect(odd).toContain('"notA":"long","hex":"6d7567"');
  });

  test('a log is verified, dumped, counted, backed up and found to need no repair', async () => {
    const log = (...args: string[]) => millrace(['log', ...args]);
    expect((await log('verify', logDir)).out).toMatch(/^\d+ topics, .*\nEverything is as it was written\n$/);
    const lines = (await log('dump', logDir, 'words', '--partition', '0')).out.trim().split('\n');
    expect(JSON.parse(lines[0]!)).toMatchObject({ offset: 0, headers: [] });
    const [batch] = (await log('dump', logDir, 'words', '--batches')).out.trim().split('\n');
    expect(JSON.parse(batch!)).toMatchObject({ baseOffset: 0, compression: 'none' });
    const stats = (await log('stats', logDir, '--json')).out
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line));
    expect(stats.find(({ topic }) => topic === 'words')).toMatchObject({ partition: 0, start: 0 });
    const copy = path.join(dir, 'copy');
    expect((await log('backup', logDir, copy)).out).toMatch(/holds a copy of the log, which was read back/);
    expect((await log('verify', copy)).out).toMatch(/Everything is as it was written/);
    expect((await log('backup', logDir, copy)).err).toMatch(
      /is not empty: a backup needs a folder of its own/,
    );
    expect((await log('repair', copy)).out).toMatch(/there is nothing to repair/);
    expect((await log('upgrade', copy)).out).toMatch(/has the present format/);
    expect((await log('verify', path.join(dir, 'nowhere'))).err).toMatch(/there is no folder .*nowhere/);
  });

  test('reset leaves the topics of an application whose id is longer alone, and refuses what is no id', async () => {
    const topics = [
      'count-kept-changelog',
      'count-KTABLE-FK-JOIN-SUBSCRIPTION-RESPONSE-0000000009-topic',
      'count-eu-kept-changelog',
      'count-eu-__topology-changelog',
    ];
    for (const topic of topics) await onLog('topics', 'create', topic, '--partitions', '1');
    const { out } = await onLog('reset', 'count', '--input-topics', 'words');
    expect(out).toContain('count-kept-changelog is deleted');
    expect(out).toContain('count-KTABLE-FK-JOIN-SUBSCRIPTION-RESPONSE-0000000009-topic is deleted');
    expect(out).not.toContain('count-eu');
    const hostile = await onLog('reset', '..', '--input-topics', 'words', '--state-dir', stateDir, '--yes');
    expect(hostile.err).toContain('".." is no application id');
  });

  test('groups are shown with their lag, and an application is reset', async () => {
    // Four records, three of which are counted: each goes through a topic of the application's own.
    await millrace(['produce', 'words', '--log-dir', logDir], 'd\tpot\n');
    await runApp();
    const groups = (await onLog('groups', '--json')).out;
    expect(JSON.parse(groups)).toMatchObject({ group: 'counter', members: 0, lag: 0 });
    const each = (await onLog('groups', 'counter', '--json')).out.trim().split('\n');
    expect(each.map((line) => (JSON.parse(line) as { topic: string }).topic)).toContain('words');
    const dry = await onLog('reset', 'counter', '--input-topics', 'words', '--state-dir', stateDir);
    expect(dry.out).toMatch(/words-0 goes to offset 0\nwords-1 goes to offset 0\n/);
    expect(dry.out).toMatch(/counter-kept-changelog is deleted/);
    expect(dry.out).toMatch(/Nothing was changed: say --yes/);
    const future = ['--to-datetime', '2100-01-01T00:00:00Z'];
    const late = await onLog('reset', 'counter', '--input-topics', 'words', ...future);
    expect(late.out).toMatch(/words-0 goes to offset [1-9]/);
    const past = await onLog('reset', 'counter', '--input-topics', 'words', '--to-datetime', '1990-01-01');
    expect(past.out).toMatch(/words-0 goes to offset 0\nwords-1 goes to offset 0\n/);
    const wrong = await onLog('reset', 'counter', '--input-topics', 'words', '--to-datetime', 'soon');
    expect(wrong.err).toMatch(/Expected a time such as 2026-03-01T12:00:00Z/);
    const done = await onLog('reset', 'counter', '--input-topics', 'words', '--state-dir', stateDir, '--yes');
    expect(done.out).toMatch(/"counter" starts over/);
    const topics = (await onLog('topics', '--json')).out;
    expect(topics).not.toMatch(/counter-/);
    // Everything is counted again, from nothing: the same counts as the first time.
    await runApp();
    const shown = (await onLog('tail', 'counts', '--value', 'long', '--from', 'beginning')).out;
    const last = Object.fromEntries(
      shown
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line) as { key: string; value: number })
        .map(({ key, value }) => [key, value]),
    );
    expect(last).toEqual({ mug: 2, cup: 1, pot: 1 });
  });

  test('a topic is deleted only when that is meant', async () => {
    expect(await onLog('topics', 'delete', 'counts')).toMatchObject({
      code: 2,
      err: 'error: this deletes counts and its records: confirm with --yes\n',
    });
    expect((await onLog('topics', 'delete', 'counts', '--yes')).out).toBe('deleted counts\n');
  });
});

test('a topology is described as text, Mermaid and DOT, and drawn', async () => {
  const file = path.join(dir, 'app.mjs');
  const core = fileURLToPath(
    new URL('../node_modules/@millrace/streams-core/dist/index.js', import.meta.url),
  );
  writeFileSync(
    file,
    `import { StreamsBuilder, string, topic } from ${JSON.stringify(core)};
     const text = (name) => topic(name, { key: string(), value: string() });
     export function build() {
       const builder = new StreamsBuilder();
       builder.stream(text('in')).groupByKey().reduce((a, b) => a + b, { as: 'kept' }).toStream().to(text('out'));
       return builder.build();
     }`,
  );
  expect((await millrace(['topology', 'describe', 'app.mjs'])).out).toMatch(
    /Sub-topology: 0\n {4}Source: KSTREAM-SOURCE-0000000000 \(topics: \[in\]\)/,
  );
  const mermaid = (await millrace(['topology', 'describe', 'app.mjs', '--format', 'mermaid'])).out;
  expect(mermaid).toMatch(/^flowchart TD\n/);
  expect(mermaid).toMatch(/\(\["in"\]\)/);
  expect(mermaid).toMatch(/\[\("kept"\)\]/);
  const dot = (await millrace(['topology', 'describe', 'app.mjs', '--format', 'dot'])).out;
  expect(dot).toMatch(/^digraph topology \{\n/);
  expect(dot).toMatch(/label="kept", shape=cylinder/);
  expect((await millrace(['topology', 'draw', 'app.mjs', '--out', 'app.svg'])).code).toBe(0);
  const svg = readFileSync(path.join(dir, 'app.svg'), 'utf8');
  expect(svg).toMatch(/^<svg [^]*>kept<[^]*<\/svg>\n$/);
  expect((await millrace(['topology', 'draw', 'app.mjs', '--out', '-'])).out).toBe(svg);
});

test('the help lists every command, and a command is found by its name alone', async () => {
  const { out, code } = await millrace(['--help']);
  expect(code).toBe(0);
  const names = [...out.matchAll(/^ {2}([a-z]+) .*/gm)].map(([, name]) => name!);
  expect(names.length).toBeGreaterThan(9);
  const commands = names.filter((one) => one !== 'help');
  const helps = await Promise.all(commands.map((name) => millrace([name, '--help'])));
  for (const [index, name] of commands.entries())
    expect(helps[index]!.out).toMatch(new RegExp(`^Usage: millrace ${name} `));
  expect((await millrace(['constructor'])).err).toMatch(/unknown command 'constructor'/);
});

test('the version is that of the package', async () => {
  const { version } = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8'));
  expect((await millrace(['--version'])).out.trim()).toBe(version);
});

describe('what goes wrong is said', () => {
  test.each([
    [[], /which command\? \(see --help\)/],
    [['tail'], /missing required argument 'topic' \(see --help\)/],
    [['topics'], /say where the log is: --kafka host:port, or --log-dir DIR/],
    [['topics', '--log-dir', 'nowhere'], /there is no folder .*nowhere/],
    [['topics', '--kafka', 'somewhere'], /"brokers.0": expected host:port/],
    [['tail', 'nothing', '--log-dir', logDir], /there is no topic "nothing"/],
    [['groups', 'nobody', '--log-dir', logDir], /there is no group "nobody"/],
    [['topology', 'describe', 'nothing.mjs'], /cannot load .*nothing.mjs/],
    [
      ['topics', '--kafka', 'a:1', '--sasl', 'plain'],
      /--sasl needs --user, and the password in the environment/,
    ],
  ] as const)('%j', async (args, message) => {
    const { code, err, out } = await millrace(args);
    expect(err).toMatch(message);
    expect(out).toBe('');
    expect(code).toBeGreaterThan(0);
  });

  test('a line that is no number', async () => {
    const { code, err } = await millrace(
      ['produce', 'words', '--value', 'long', '--log-dir', logDir],
      'a\tx\n',
    );
    expect(err).toBe('error: line 1: "x" is no long: Expected a safe integer, got NaN\n');
    expect(code).toBe(2);
  });
});

test('a pipe that is closed early is no error', async () => {
  await onLog('topics', 'create', 'many');
  await millrace(['produce', 'many', '--log-dir', logDir], 'x'.repeat(2000).concat('\n').repeat(500));
  const command = `"${process.execPath}" "${bin}" tail many --from beginning --log-dir "${logDir}" | head -1 | wc -l`;
  const child = spawn('sh', ['-c', command]);
  let [out, err] = ['', ''];
  child.stdout.on('data', (chunk) => {
    out += chunk;
  });
  child.stderr.on('data', (chunk) => {
    err += chunk;
  });
  await new Promise((resolve) => child.on('close', resolve));
  expect(out.trim()).toBe('1');
  expect(err).toBe('');
});

describe('with the topology of a module', () => {
  const module = (name: string, store: string): string => {
    const file = path.join(dir, `${name}.mjs`);
    const core = JSON.stringify(fileURLToPath(new URL('../../streams-core/dist/index.js', import.meta.url)));
    writeFileSync(
      file,
      `import { StreamsBuilder, string, topic } from ${core};
      const builder = new StreamsBuilder();
      builder.stream(topic('words', { key: string(), value: string() }))
        .groupBy((word) => word, { key: string() }).count({ as: '${store}' });
      export default builder.build();`,
    );
    return file;
  };

  /** Runs the command until `look` has seen its page; resolves to how it has ended. */
  const inspecting = async (args: string[], look: (url: string) => Promise<void>) => {
    const child = spawn(process.execPath, [bin, 'inspect', ...args, '--port', '0'], {
      cwd: dir,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let said = '';
    const url = await new Promise<string>((resolve, reject) => {
      child.stdout.on('data', (text) => {
        said += text;
        const found = /http:\S+/.exec(said);
        if (found !== null) resolve(found[0]);
      });
      child.stderr.on('data', (text) => (said += text));
      child.once('exit', () => reject(new Error(said)));
    });
    const ended = new Promise<number | null>((resolve) => child.once('exit', resolve));
    try {
      await look(url);
    } finally {
      child.kill('SIGINT');
    }
    return ended;
  };
  const asked = async (url: string, path: string) => (await fetch(new URL(path, url))).json();

  test('a page shows an application from outside, until it is stopped', async () => {
    const args = [module('first', 'kept'), '--application', 'counter', '--log-dir', logDir];
    const status = await inspecting(args, async (url) => {
      expect(await asked(url, '/inspector/topology')).toMatchObject({ applicationId: 'counter' });
      expect(await asked(url, '/inspector/topics')).toContainEqual(
        expect.objectContaining({ name: 'words', role: 'input' }),
      );
    });
    expect(status).toBe(0);
  });

  test('a page shows a log by its folder, with no topology', async () => {
    const status = await inspecting([logDir], async (url) => {
      expect(await asked(url, '/inspector/topology')).toEqual({ isLog: true });
      expect(await asked(url, '/inspector/topics')).toContainEqual(
        expect.objectContaining({ name: 'words', role: 'topic' }),
      );
    });
    expect(status).toBe(0);
    expect(await millrace(['inspect', logDir, '--application', 'counter'])).toMatchObject({
      code: 2,
      err: expect.stringContaining('--application needs the module with its topology'),
    });
    expect(await millrace(['inspect', module('first', 'kept'), '--log-dir', logDir])).toMatchObject({
      code: 2,
      err: expect.stringMatching(/say whose topology .* is: --application ID/),
    });
    expect(await millrace(['inspect'])).toMatchObject({
      code: 2,
      err: expect.stringContaining('say where the log is'),
    });
  });

  test('compares a topology with the lock file, and writes it unless state would be lost', async () => {
    const [first, second] = [module('first', 'kept'), module('second', 'renamed')];
    const lock = path.join(dir, 'a.lock.json');
    expect(await millrace(['plan', first, '--lock', lock])).toMatchObject({
      code: 2,
      err: expect.stringContaining('write it with --write'),
    });
    expect(await millrace(['plan', first, '--lock', lock, '--write'])).toMatchObject({ code: 0 });
    expect(await millrace(['plan', first, '--lock', lock])).toMatchObject({ code: 0, out: 'none\n' });
    const lost = await millrace(['plan', second, '--lock', lock, '--write', '--json']);
    expect(lost.code).toBe(1);
    expect(lost.err).toContain('state would be lost');
    expect(JSON.parse(lost.out.split('\n')[0]!)).toMatchObject({
      verdict: 'loses-state',
      what: 'store "kept" is gone and "renamed" is new',
    });
    expect(await millrace(['plan', first, '--lock', lock])).toMatchObject({ code: 0, out: 'none\n' });
    expect((await millrace(['plan', second, '--lock', lock, '--write', '--accept'])).code).toBe(0);
    expect((await millrace(['plan', first, '--lock', lock])).code).toBe(1);
    writeFileSync(lock, 'junk');
    expect((await millrace(['plan', first, '--lock', lock])).err).toContain('is no lock file');
  });

  test('compares it with what an application last ran', async () => {
    expect(await onLog('plan', module('first', 'kept'), '--application', 'counter')).toMatchObject({
      code: 0,
      out: 'none\n',
    });
    expect((await onLog('plan', module('second', 'renamed'), '--application', 'counter')).code).toBe(1);
    expect((await onLog('plan', module('first', 'kept'), '--application', 'nobody')).err).toContain(
      '"nobody" has run nothing on this log',
    );
  });
});
