import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { EmbeddedLog } from '@millrace/embedded-log';
import { json, producer, string, topic } from '@millrace/streams-core';
import { loadRecording, replay, TopologyRecorder, TopologyTestDriver } from '@millrace/testing';
import { DebugSession } from '../src/debug/session.ts';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';

const bin = fileURLToPath(new URL('../bin/millrace.js', import.meta.url));
const root = fileURLToPath(new URL('../../..', import.meta.url));
const vitest = path.join(root, 'node_modules/vitest/vitest.mjs');
let dir = '';

beforeAll(async () => {
  // Within the project, so that the module finds its packages.
  dir = await mkdtemp(path.join(root, 'packages/cli/test/debug '));
  await writeFile(path.join(dir, 'topology.mjs'), source);
  const { build } = (await import(path.join(dir, 'topology.mjs'))) as { build: () => never };
  const recorder = new TopologyRecorder();
  const driver = new TopologyTestDriver(build(), { recorder, processingExceptionHandler: () => 'continue' });
  const input = driver.createInputTopic(orders);
  input.pipeInput('ann', { quantity: 2 }, { timestamp: 0 });
  input.pipeInput(
    "b'ob\u0007",
    { quantity: 1 },
    { timestamp: 1, headers: [{ key: 'h', value: Buffer.of(255) }] },
  );
  input.pipeInput('ann', { quantity: 0 }, { timestamp: 2 });
  driver.advanceWallClockTime(1000);
  input.pipeInput('ann', { quantity: -1 }, { timestamp: 3 });
  driver.restart();
  input.pipeInput('ann', { quantity: 5 }, { timestamp: 4 });
  await driver.settled();
  await driver.close();
  await recorder.save(path.join(dir, 'orders.jsonl'));
});
afterAll(() => rm(dir, { recursive: true, force: true }));

const orders = topic('orders', { key: string(), value: json<{ quantity: number }>() });

const source = `
import { json, StreamsBuilder, string, topic } from '@millrace/streams-core';
const value = json();
export function build() {
  const builder = new StreamsBuilder();
  builder
    .stream(topic('orders', { key: string(), value }), { name: 'orders' })
    .filter(({ quantity }) => quantity !== 0, { name: 'some' })
    .mapValues(({ quantity }) => { if (quantity < 0) throw new Error('less than nothing'); return quantity; }, { name: 'quantity' })
    .groupByKey({ name: 'key', value })
    .reduce((sum, one) => sum + one, { as: 'totals', name: 'sum' })
    .toStream({ name: 'changes' })
    .to(topic('sums', { key: string(), value }), { name: 'out' });
  return builder.build();
}
`;

interface Ran {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

function debug(args: readonly string[], input = ''): Promise<Ran> {
  return new Promise((resolve) => {
    const child = execFile(
      process.execPath,
      [bin, 'debug', ...args, '--topology', 'topology.mjs'],
      { cwd: dir, env: { ...process.env, INIT_CWD: dir } },
      (error, out, err) => resolve({ code: typeof error?.code === 'number' ? error.code : 0, out, err }),
    );
    child.stdin?.end(input);
  });
}

/** What a session prints for some commands, from the first step on. */
async function shown(commands: readonly string[]): Promise<string[]> {
  const { build } = (await import(path.join(dir, 'topology.mjs'))) as { build: () => never };
  const driver = await replay(build(), await loadRecording(path.join(dir, 'orders.jsonl')));
  const session = new DebugSession({ driver, breakpoints: [], writeTest: () => Promise.resolve('') });
  const printed = [session.show()];
  for (const command of commands) {
    if (session.isOver) break;
    printed.push(
      await Promise.resolve()
        .then(() => session.run(command))
        .catch((error: Error) => error.message),
    );
  }
  await driver.close();
  return printed.flatMap((text) => text.split('\n'));
}
const stepsIn = (lines: readonly string[]): string[] =>
  lines.flatMap((line) => /^step (\d+):/.exec(line)?.[1] ?? []);

describe('debug', () => {
  test('goes forwards and back, and to a step', async () => {
    expect(stepsIn(await shown(['', 'next', 'n 2', 'back', 'b 3', 'go 6', 'where']))).toEqual([
      '0',
      '1',
      '2',
      '4',
      '3',
      '0',
      '6',
      '6',
    ]);
    const ends = await shown(['back', 'go 6', 'next', 'go 7', 'go x', 'nxt', 'q', 'next']);
    expect(stepsIn(ends)).toEqual(['0', '6']);
    expect(ends).toEqual(
      expect.arrayContaining([
        'This is the first step (step 0 of 0 to 6)',
        'This is the last step (step 6 of 0 to 6)',
        'there is no step 7: the last one is 6',
        '"x" is no number',
        'there is no command "nxt". Did you mean "next"?: try help',
      ]),
    );
  });

  test('stops at errors, keys, nodes, stores and results, in both directions', async () => {
    const stops = (where: string, ...commands: string[]) =>
      shown([`break ${where}`, ...commands]).then(stepsIn);
    expect(await stops('error', 'continue', 'continue', 'go 6', 'reverse')).toEqual(['0', '4', '6', '4']);
    expect(await stops('key=ann', 'c', 'c', 'c')).toEqual(['0', '2', '4', '6']);
    expect(await stops('node=out', 'c', 'c')).toEqual(['0', '1', '6']);
    expect(await stops('store=totals', 'c', 'c', 'r')).toEqual(['0', '1', '6', '1']);
    expect(await stops('topic=sums', 'c', 'c')).toEqual(['0', '1', '6']);
    expect(await shown(['break what', 'c', 'break late', 'c', 'clear'])).toEqual(
      expect.arrayContaining([
        '"what" is no place to stop: key=NAME, node=NAME, topic=NAME, store=NAME, error, late, dropped expected',
        'say where to stop first: break key=NAME, node=NAME, topic=NAME, store=NAME, error, late, dropped',
        'No step after this one is late (step 0 of 0 to 6)',
        'stops nowhere',
      ]),
    );
  });

  test('shows what nodes got and did, control characters escaped, and rows as a step leaves them', async () => {
    expect(
      (await shown(['store totals', 'go 1', 'store totals', 'go 6', 'store totals', 'store'])).slice(0),
    ).toEqual([
      `step 0: orders @ 0, key 'ann', value '{"quantity":2}', time 0`,
      "  orders (source): 'ann', { quantity: 2 }, time 0",
      "    some (filter): 'ann', { quantity: 2 }, time 0",
      "      quantity (map-values): 'ann', { quantity: 2 }, time 0",
      "        sum (aggregate): 'ann', 2, time 0",
      "          changes (to-stream): 'ann', 2, time 0",
      "            out (sink): 'ann', 2, time 0",
      "              -> sums @ 0: 'ann', '2', time 0",
      "  row totals['ann']: nothing -> 2",
      "'ann': 2",
      `step 1: orders @ 1, key 0x62276f6207, value '{"quantity":1}', time 1`,
      '  orders (source): "b\'ob\\x07", { quantity: 1 }, time 1',
      '    some (filter): "b\'ob\\x07", { quantity: 1 }, time 1',
      '      quantity (map-values): "b\'ob\\x07", { quantity: 1 }, time 1',
      '        sum (aggregate): "b\'ob\\x07", 1, time 1',
      '          changes (to-stream): "b\'ob\\x07", 1, time 1',
      '            out (sink): "b\'ob\\x07", 1, time 1',
      "              -> sums @ 1: \"b'ob\\x07\", '1', time 1",
      '  row totals["b\'ob\\x07"]: nothing -> 1',
      "'ann': 2",
      '"b\'ob\\x07": 1',
      `step 6: orders @ 4, key 'ann', value '{"quantity":5}', time 4`,
      "  orders (source): 'ann', { quantity: 5 }, time 4",
      "    some (filter): 'ann', { quantity: 5 }, time 4",
      "      quantity (map-values): 'ann', { quantity: 5 }, time 4",
      "        sum (aggregate): 'ann', 5, time 4",
      "          changes (to-stream): 'ann', 7, time 4",
      "            out (sink): 'ann', 7, time 4",
      "              -> sums @ 2: 'ann', '7', time 4",
      "  row totals['ann']: 2 -> 7",
      "'ann': 7",
      '"b\'ob\\x07": 1',
      'which store? totals',
    ]);
  });

  test('goes to the step that made a result, and says how', async () => {
    const lines = await shown(['why sums 2', 'where', 'why sums 9', 'why sum 0', 'why']);
    expect(stepsIn(lines)).toEqual(['0', '6', '6']);
    expect(lines).toEqual(
      expect.arrayContaining([
        "  row totals['ann']: 2 -> 7",
        'no step has written sums @ 9; there are results in sums',
        'no step has written sum @ 0; there are results in sums. Did you mean "sums"?',
        'why which result? why TOPIC OFFSET',
      ]),
    );
  });

  test('two replays of a recording print the same steps; only some where it says so', async () => {
    const [one, other, some] = await Promise.all([
      debug(['orders.jsonl'], 'list\ngo 4\n\nquit\nnext\n'),
      debug(['orders.jsonl', '--print']),
      debug(['orders.jsonl', '--print', '--break', 'error', '--break', 'store=totals']),
    ]);
    expect(stepsIn(other.out.split('\n'))).toEqual(['0', '1', '2', '3', '4', '5', '6']);
    // What is read from standard input, and what is printed at once.
    expect(stepsIn(one.out.split('\n'))).toEqual(['0', '0', '1', '2', '3', '4', '5', '6', '4', '5']);
    const printed = new Set(other.out.split('\n'));
    expect(one.out.split('\n').filter((line) => !printed.has(line))).toEqual([]);
    expect(stepsIn(some.out.split('\n'))).toEqual(['0', '1', '4', '6']);
    expect(some.out).toContain('        failed: A record could not be processed at quantity');
  });

  test('writes a test that passes, and fails where the topology gives something else', async () => {
    expect(await debug(['orders.jsonl', '--test', 'same.test.mjs'])).toMatchObject({ code: 0, err: '' });
    const written = await readFile(path.join(dir, 'same.test.mjs'), 'utf8');
    expect(written).toContain("import { build } from './topology.mjs';");
    expect(written).not.toContain(dir);
    await writeFile(path.join(dir, 'changed.mjs'), source.replace('sum + one', 'sum - one'));
    await writeFile(path.join(dir, 'other.test.mjs'), written.replace('./topology.mjs', './changed.mjs'));
    await writeFile(path.join(dir, 'config.mjs'), 'export default {};');
    const args = [vitest, 'run', '--root', dir, '--config', 'config.mjs', '--reporter', 'json'];
    const text = await new Promise<string>((resolve) => {
      execFile(process.execPath, args, { cwd: dir }, (_, out) => resolve(out));
    });
    const { testResults } = JSON.parse(text) as { testResults: { name: string; status: string }[] };
    expect(new Map(testResults.map(({ name, status }) => [path.basename(name), status]))).toEqual(
      new Map([
        ['other.test.mjs', 'failed'],
        ['same.test.mjs', 'passed'],
      ]),
    );
  }, 60_000);

  test('goes through the records of topics as they are in a log, by time', async () => {
    const log = await EmbeddedLog.open({ dir: path.join(dir, 'log') });
    await log.admin.createTopics([{ name: 'orders', partitions: 3 }]);
    const out = await producer(log, orders);
    for (const [key, timestamp] of [
      ['a', 5],
      ['b', 3],
      ['c', 4],
      ['a', 1],
    ] as const)
      await out.send(key, { quantity: timestamp }, { timestamp });
    await log.close();
    const { out: text } = await debug(['orders', '--log-dir', 'log', '--print']);
    expect(text.match(/^step .*time (\d)$/gm)?.map((line) => line.at(-1))).toEqual(['1', '3', '4', '5']);
    const limited = await debug(['orders', '--log-dir', 'log', '--print', '--max', '2']);
    expect(stepsIn(limited.out.split('\n'))).toHaveLength(2);
  });

  test('says what is wrong with what it is given', async () => {
    await writeFile(path.join(dir, 'bad.jsonl'), '{"recording":1,"missing":0}\n{"topic":5}\n');
    await writeFile(path.join(dir, 'empty.jsonl'), '{"recording":1,"missing":3}\n');
    const results = await Promise.all([
      debug(['nowhere.jsonl']),
      debug(['bad.jsonl']),
      debug(['empty.jsonl']),
      debug(['orders.jsonl', '--break', 'key']),
      debug(['topology.mjs']),
    ]);
    expect(results.map(({ code }) => code)).toEqual([2, 2, 2, 2, 2]);
    expect(results.map(({ err }) => err.split('\n')[0])).toEqual([
      expect.stringContaining('ENOENT'),
      expect.stringMatching(
        /bad\.jsonl is no recording, at line 2: topic, key, value and timestamp expected/,
      ),
      'error: there is nothing in empty.jsonl',
      expect.stringContaining('"key" is no place to stop'),
      expect.stringMatching(/topology\.mjs is no recording, at line 1/),
    ]);
  });
});
