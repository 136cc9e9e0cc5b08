import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { kafkaLog } from '@millrace/kafka';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { Broker } from '@millrace/kafka-broker';
import { inputs, outputs } from '../src/topics.ts';

const main = fileURLToPath(new URL('../dist/main.js', import.meta.url));
const dir = mkdtempSync(path.join(tmpdir(), 'retail kafka '));
const version = process.env['KAFKA_VERSION'];
/** More of them by `CHAOS_ROUNDS=50`. */
const rounds = Number(process.env['CHAOS_ROUNDS'] ?? 8);
// Kafka 4.3 and 4.4 take a partition without a leader for deleted and end its transactions without their
// markers, which
// a cluster of one meets whenever its broker goes down (docs/kafka.md); 3.9 waits until the leader is back.
const brokerGoesDown = version?.startsWith('3.') === true;
const seed = Number(process.env['MILLRACE_SEED'] ?? Date.now() % 100_000);
const sessionTimeoutMs = 2000;
let broker: Broker;
let undisturbed: Record<string, string>;

beforeAll(async () => {
  // Whatever may expire does so within a second, not in five minutes.
  const settings = { 'log.retention.check.interval.ms': 1000 };
  broker = await Broker.at(
    path.join(dir, 'broker'),
    version === undefined ? { settings } : { version, settings },
  );
  await broker.start();
  const { finished } = start('plain', []);
  expect((await finished).code).toBe(0);
  undisturbed = results('plain');
}, 120_000);
afterAll(async () => {
  await broker.remove();
  rmSync(dir, { recursive: true, force: true });
}, 60_000);

interface Run {
  readonly child: ChildProcess;
  readonly finished: Promise<{ readonly code: number | null; readonly text: string }>;
}

function start(out: string, args: readonly string[]): Run {
  const child = spawn(process.execPath, [main, '--out', out, ...args], {
    cwd: dir,
    env: { ...process.env, INIT_CWD: dir },
  });
  let text = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (chunk) => {
      text += chunk;
    });
  }
  return { child, finished: new Promise((resolve) => child.on('close', (code) => resolve({ code, text }))) };
}

function onKafka(out: string, more: readonly string[] = []): Run {
  const args = ['--kafka', broker.address, '--session-timeout-ms', String(sessionTimeoutMs)];
  return start(out, [...args, '--log-dir', `${out}-state`, ...more]);
}

function results(out: string): Record<string, string> {
  const folder = path.join(dir, out);
  const names = readdirSync(folder).toSorted((a, b) => a.localeCompare(b));
  return Object.fromEntries(names.map((name) => [name, readFileSync(path.join(folder, name), 'utf8')]));
}

/** Removes all that runs have left on the cluster; what a group has committed for a topic goes with it. */
async function clear(): Promise<void> {
  const log = kafkaLog({ brokers: [broker.address] });
  const names = [...(await log.admin.topics()).keys()];
  if (names.length > 0) await log.admin.deleteTopics(names);
  await log.close();
}

test('gives the same files as on the embedded log, in instances and in worker threads', async () => {
  await clear();
  for (const more of [
    [],
    ['--instances', '3'],
    ['--instances', '3', '--standbys', '1'],
    ['--workers', '2'],
  ]) {
    const { code, text } = await onKafka('kafka', more).finished;
    expect(text).toMatch(/exactly once/);
    expect(code).toBe(0);
    expect(results('kafka')).toEqual(undisturbed);
    await clear();
    rmSync(path.join(dir, 'kafka-state'), { recursive: true, force: true });
  }
}, 120_000);

test('a process that was held past its session wakes up and commits nothing more', async () => {
  await clear();
  const log = kafkaLog({ brokers: [broker.address] });
  const partitions = (topics: readonly { readonly name: string }[]) =>
    topics.flatMap(({ name }) => [0, 1, 2, 3].map((partition) => ({ topic: name, partition })));
  const committed = async (): Promise<number> =>
    (await log.admin.committed('retail-reorder', partitions(inputs))).reduce(
      (sum, one) => sum + (one?.offset ?? 0),
      0,
    );
  const written = async (): Promise<number> => {
    const ranges = await log.admin.offsets(partitions(outputs), { awaitTransactions: true });
    const reader = await log.reader(
      partitions(outputs).map((one, index) => ({ ...one, offset: ranges[index]!.start })),
    );
    let left = ranges.filter(({ start, end }) => end > start).length;
    let count = 0;
    while (left > 0) {
      for (const { topic, partition, records, nextOffset } of await reader.poll({
        maxWaitMs: 100,
        maxRecords: 10_000,
      })) {
        count += records.length;
        const index = partitions(outputs).findIndex(
          (one) => one.topic === topic && one.partition === partition,
        );
        if (nextOffset >= ranges[index]!.end) left--;
      }
    }
    await reader.close();
    return count;
  };
  const ready = async (): Promise<boolean> =>
    (await log.admin.topics(['stock-levels'])).size === 1 && (await committed()) > 0;
  /** In the middle of its work; a process that was done before it could be held is not what this is about. */
  const heldMidway = async (attempts: number): Promise<Run> => {
    const run = onKafka('held');
    await untilTrue(ready);
    run.child.kill('SIGSTOP');
    const whole = (await log.admin.offsets(partitions(inputs))).reduce((sum, { end }) => sum + end, 0);
    if ((await committed()) < whole) return run;
    expect(attempts, 'it was done each time before it could be held').toBeGreaterThan(1);
    run.child.kill('SIGCONT');
    await run.finished;
    await clear();
    rmSync(path.join(dir, 'held-state'), { recursive: true, force: true });
    return heldMidway(attempts - 1);
  };
  const held = await heldMidway(8);
  const heir = onKafka('heir', ['--no-load']);
  expect((await heir.finished).code).toBe(0);
  expect(results('heir')).toEqual(undisturbed);
  const before = await written();
  held.child.kill('SIGCONT');
  const { code, text } = await held.finished;
  expect(text).toMatch(/exactly once/);
  expect(code).toBe(0);
  // What a late owner appended was aborted.
  expect(await written()).toBe(before);
  expect(results('held')).toEqual(undisturbed);
  await log.close();
}, 120_000);

async function untilTrue(condition: () => Promise<boolean>): Promise<void> {
  const deadline = Date.now() + 30_000;
  while (!(await condition())) {
    expect(Date.now()).toBeLessThan(deadline);
    await sleep(10);
  }
}

/** Of each file that differs, the lines that are only in one of both, the first few of them. */
function differences(found: Record<string, string>): string {
  const without = (from: string, other: string): string[] => {
    const known = new Set(other.split('\n'));
    return from.split('\n').filter((line) => !known.has(line));
  };
  return Object.keys(undisturbed)
    .filter((name) => found[name] !== undisturbed[name])
    .map((name) => {
      const [more, fewer] = [
        without(found[name] ?? '', undisturbed[name]!),
        without(undisturbed[name]!, found[name] ?? ''),
      ];
      const shown = [
        ...more.slice(0, 5).map((line) => `+ ${line}`),
        ...fewer.slice(0, 5).map((line) => `- ${line}`),
      ];
      return [`${name}: ${more.length} lines more, ${fewer.length} fewer`, ...shown].join('\n');
    })
    .join('\n');
}

/** The same for the same seed (mulberry32). */
function randomOf(state: number): () => number {
  let now = state >>> 0;
  return () => {
    now = (now + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(now ^ (now >>> 15), now | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}

/**
 * Three processes at work while processes are killed and held and the broker goes down; gives what happened.
 */
async function chaos(round: number): Promise<string[]> {
  const random = randomOf(seed * 1000 + round);
  const names = ['a', 'b', 'c'].map((name) => `chaos-${round}-${name}`);
  // Every other round the processes keep copies of each other's stores.
  const standbys = ['--standbys', String(round % 2)];
  const begin = (index: number): Run =>
    onKafka(names[index]!, index === 0 ? standbys : ['--no-load', ...standbys]);
  const runs = [0, 1, 2].map(begin);
  const done = runs.map(() => false);
  const story: string[] = [];
  const watch = async (index: number): Promise<void> => {
    for (;;) {
      const { code, text } = await runs[index]!.finished;
      const warning = /MillraceWarning: .*/.exec(text)?.[0];
      if (warning !== undefined) story.push(`${names[index]} warned: ${warning}`);
      if (code === 0) break;
      // Killed, or it gave up on the broker: whoever runs it starts it again.
      if (code !== null) story.push(`${names[index]} ended with ${code}: ${text.slice(-300)}`);
      runs[index] = begin(index);
    }
    done[index] = true;
  };
  const watches = [0, 1, 2].map(watch);
  for (let event = 0; event < 6 && !done.every(Boolean); event++) {
    await sleep(200 + random() * 1500);
    const index = Math.floor(random() * 3);
    const what = random() * (brokerGoesDown ? 1 : 0.8);
    const { child } = runs[index]!;
    if (what < 0.5) {
      story.push(`kill ${index}`);
      child.kill('SIGKILL');
    } else if (what < 0.8) {
      const ms = sessionTimeoutMs * (0.3 + 1.5 * random());
      story.push(`hold ${index} for ${Math.round(ms)} ms`);
      child.kill('SIGSTOP');
      void sleep(ms).then(() => child.kill('SIGCONT'));
    } else {
      story.push(what < 0.9 ? 'stop the broker' : 'kill the broker');
      await (what < 0.9 ? broker.stop() : broker.kill());
      await broker.start();
    }
  }
  await Promise.all(watches);
  return story;
}

test.skipIf(rounds === 0)(
  `whatever happens, the files are the same: ${rounds} rounds`,
  async () => {
    for (let round = 0; round < rounds; round++) {
      await clear();
      const story = await chaos(round);
      const replay = `round ${round}, MILLRACE_SEED=${seed}: ${story.join('; ')}`;
      for (const name of ['a', 'b', 'c'].map((one) => `chaos-${round}-${one}`)) {
        const found = results(name);
        if (JSON.stringify(found) !== JSON.stringify(undisturbed)) {
          // Is the log wrong, or only what this process read of it?
          const { code } = await onKafka(name, ['--no-load']).finished;
          const same = JSON.stringify(results(name)) === JSON.stringify(undisturbed);
          const later = `a later run ends with ${code} and ${same ? 'the right files' : 'wrong ones too'}`;
          expect.fail(`${name} has other files; ${later}; ${replay}\n${differences(found)}`);
        }
        rmSync(path.join(dir, `${name}-state`), { recursive: true, force: true });
      }
      if (process.env['CHAOS_VERBOSE'] !== undefined) console.log(replay);
    }
  },
  rounds * 120_000,
);
