import { spawn } from 'node:child_process';
import { cp, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { EmbeddedLog } from '@millrace/embedded-log';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { inputs, outputs } from '../src/topics.ts';

const main = fileURLToPath(new URL('../dist/main.js', import.meta.url));
const bundled = fileURLToPath(new URL('../data', import.meta.url));
let dir = '';

beforeAll(async () => {
  dir = await mkdtemp(path.join(tmpdir(), 'retail test '));
});
afterAll(() => rm(dir, { recursive: true, force: true }));

interface Finished {
  readonly code: number | null;
  readonly out: string;
  readonly err: string;
}

function start(args: readonly string[]) {
  const child = spawn(process.execPath, [main, ...args], {
    cwd: dir,
    env: { ...process.env, INIT_CWD: dir },
  });
  let [out, err] = ['', ''];
  child.stdout.on('data', (chunk) => {
    out += chunk;
  });
  child.stderr.on('data', (chunk) => {
    err += chunk;
  });
  const finished = new Promise<Finished>((resolve) =>
    child.on('close', (code) => resolve({ code, out, err })),
  );
  return { child, finished };
}

const run = (...args: string[]): Promise<Finished> => start(args).finished;

async function results(name: string): Promise<Record<string, string>> {
  const folder = path.join(dir, name);
  const names = (await readdir(folder)).toSorted((a, b) => a.localeCompare(b));
  return Object.fromEntries(
    await Promise.all(names.map(async (file) => [file, await readFile(path.join(folder, file), 'utf8')])),
  );
}

let undisturbed: Record<string, string> = {};
beforeAll(async () => {
  const { code, err } = await run('--out', 'plain');
  expect(err).toContain('100%');
  expect(code).toBe(0);
  undisturbed = await results('plain');
}, 60_000);

test('the bundled rows give what they should', () => {
  const lines = (name: string) =>
    undisturbed[name]!.trim()
      .split('\n')
      .map((line) => JSON.parse(line) as Record<string, unknown>);
  expect(Object.keys(undisturbed)).toEqual([
    'inventory.jsonl',
    'price-adjustments.jsonl',
    'rejected.jsonl',
    'reorders.jsonl',
  ]);
  // Figures of an independent recomputation of the rules over the same files.
  expect(lines('reorders.jsonl')).toHaveLength(578);
  expect(lines('price-adjustments.jsonl')).toHaveLength(253);
  expect(lines('rejected.jsonl')).toHaveLength(128);
  expect(lines('inventory.jsonl')).toHaveLength(1971);
  expect(lines('reorders.jsonl')[0]).toEqual({
    sku: '10002',
    at: 1291546920000,
    quantity: 70,
    onHand: 30,
    onOrder: 70,
  });
});

test('a summary says what happened', async () => {
  const { out } = await run('--out', 'summary');
  expect(out).toMatch(/Reorders +578/);
  expect(out).toMatch(/Rejected sales +128 \(82 unknown-product, 46 non-positive-price\)/);
  expect(out).toMatch(/records\/s, exactly once/);
  expect(out.split('\n').filter((line) => line.startsWith('│ ')).length).toBe(11);
});

test('three instances give the same files, with copies of stores and without', async () => {
  for (const standbys of ['0', '1']) {
    expect((await run('--out', 'three', '--instances', '3', '--standbys', standbys)).code).toBe(0);
    expect(await results('three')).toEqual(undisturbed);
  }
});

test('two worker threads give the same files, and a folder that goes on in one', async () => {
  const log = ['--log-dir', 'of-workers'];
  const { code, out } = await run('--workers', '2', '--out', 'workers', ...log);
  expect(code).toBe(0);
  expect(out).toMatch(/^14180 records in /m);
  expect(await results('workers')).toEqual(undisturbed);
  expect((await run('--out', 'one thread', ...log)).code).toBe(0);
  expect(await results('one thread')).toEqual(undisturbed);
});

test('threads and instances are not mixed', async () => {
  const { code, err } = await run('--workers', '2', '--instances', '2');
  expect(code).toBe(2);
  expect(err).toContain('--workers and --instances both share the work: use one of them');
});

test('a run that is done may be run again, and gives the same files', async () => {
  expect((await run('--out', 'once', '--log-dir', 'kept')).code).toBe(0);
  expect((await run('--out', 'twice', '--log-dir', 'kept', '--instances', '2')).code).toBe(0);
  expect(await results('twice')).toEqual(undisturbed);
});

test('what was committed for deleted topics of the same names does not count', async () => {
  expect((await run('--out', 'former', '--log-dir', 'former-log')).code).toBe(0);
  // A Kafka cluster that goes down while it deletes topics may keep what groups have committed for them.
  const log = await EmbeddedLog.open({ dir: path.join(dir, 'former-log', 'log') });
  const groups = await log.admin.groups();
  const names = [...(await log.admin.topics()).keys()];
  await log.admin.deleteTopics(names);
  await log.admin.createTopics([...inputs, ...outputs].map(({ name }) => ({ name, partitions: 4 })));
  const producer = await log.producer();
  for (const { group, committed } of groups) {
    const commits = committed.filter(({ topic }) => inputs.some(({ name }) => name === topic));
    await producer.commit({ records: [], offsets: { group, commits } });
  }
  await log.close();
  await rm(path.join(dir, 'former-log', 'state'), { recursive: true });
  expect((await run('--out', 'latter', '--log-dir', 'former-log')).code).toBe(0);
  expect(await results('latter')).toEqual(undisturbed);
});

/** More of them by `MILLRACE_RETAIL_KILLS=100`. */
const rounds = Number(process.env['MILLRACE_RETAIL_KILLS'] ?? 6);

test('kill -9 at any moment, again and again: the same files', { timeout: 120_000 }, async () => {
  const seed = Number(process.env['MILLRACE_SEED'] ?? Date.now() % 100_000);
  let state = seed;
  const random = () => {
    state = (state * 1103515245 + 12345) % 2147483648;
    return state / 2147483648;
  };
  const before = performance.now();
  await run('--out', 'timed', '--log-dir', 'timed-log');
  const wholeRunMs = performance.now() - before;
  let kills = 0;
  // Most runs end early, so that there is work left for the next; each gets a little further.
  while (kills < rounds) {
    const { child, finished } = start([
      '--out',
      'killed',
      '--log-dir',
      'killed-log',
      '--instances',
      String(1 + (kills % 3)),
      '--standbys',
      String(kills % 2),
    ]);
    await sleep(120 + random() * wholeRunMs * 0.8);
    child.kill('SIGKILL');
    if ((await finished).code === null) kills++;
    else await rm(path.join(dir, 'killed-log'), { recursive: true, force: true });
  }
  const last = await run('--out', 'killed', '--log-dir', 'killed-log');
  expect(last.code, `seed ${seed}: ${last.err}`).toBe(0);
  expect(await results('killed'), `replay with MILLRACE_SEED=${seed}`).toEqual(undisturbed);
});

describe('mistakes are one clear line, status 2, and nothing half written', () => {
  test.each([
    [['--data', 'nowhere'], /^error: Cannot read .*nowhere.sales\.csv: --data must name a folder/],
    [['--bogus'], /unknown option '--bogus'/],
    [['extra'], /unexpected argument "extra"|too many arguments/],
    [['--partitions', '0'], /--partitions.*Expected a whole number, 1 at least/],
    [['--window-minutes', 'x'], /--window-minutes.*Expected a whole number, 1 at least/],
  ])('%o', async (args, message) => {
    const { code, err, out } = await run('--out', 'none', ...args);
    expect(code).toBe(2);
    expect(err.trim()).toMatch(message);
    expect(err.trim().split('\n')).toHaveLength(1);
    expect(out).toBe('');
    await expect(readdir(path.join(dir, 'none'))).rejects.toThrow();
  });

  test('a folder that cannot be written', async () => {
    await writeFile(path.join(dir, 'file'), '');
    const { code, err } = await run('--out', 'file/below');
    expect(code).toBe(2);
    expect(err.trim()).toMatch(
      /^error: Cannot write to .*file.below \(ENOTDIR\): --out must name a folder you can write to$/,
    );
  });

  test('a log of other data or settings', async () => {
    await run('--out', 'mine', '--log-dir', 'mine-log');
    const other = await run('--out', 'other', '--log-dir', 'mine-log', '--window-minutes', '30');
    expect(other.code).toBe(2);
    expect(other.err).toMatch(/The log holds a run over other data or with other settings/);
    const partitions = await run('--out', 'other', '--log-dir', 'mine-log', '--partitions', '5');
    expect(partitions.code).toBe(2);
    expect(partitions.err).toMatch(/exists with 4 partitions, not 5/);
  });
});

test('rows whose date cannot be read take the time of the row before, and are reported as malformed', async () => {
  const data = path.join(dir, 'odd');
  await cp(bundled, data, { recursive: true });
  const [header, ...rows] = (await readFile(path.join(data, 'sales.csv'), 'utf8')).trim().split('\n');
  await writeFile(
    path.join(data, 'sales.csv'),
    [
      header,
      ...rows.slice(0, 50),
      rows[50]!.replace(/2010-\d\d-\d\d/, '2010/12/01'),
      ...rows.slice(51, 100),
    ].join('\n'),
  );
  const { code } = await run('--data', 'odd', '--out', 'odd-out');
  expect(code).toBe(0);
  expect((await results('odd-out'))['rejected.jsonl']).toContain('"reason":"malformed"');
});
