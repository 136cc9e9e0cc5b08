import { spawn } from 'node:child_process';
import { appendFile, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { type LogClient, noHeaders } from '@millrace/log-client';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { EmbeddedLog } from '../src/index.ts';

const built = fileURLToPath(new URL('../dist/index.js', import.meta.url));
let dir = '';

beforeEach(async () => {
  dir = await mkdtemp(path.join(tmpdir(), 'millrace folder '));
});
afterEach(() => rm(dir, { recursive: true, force: true }));

const record = (value: string) => ({ key: 'k', value, timestamp: 0, headers: noHeaders });

async function valuesOf(log: LogClient, topic: string): Promise<string[]> {
  const reader = await log.reader([{ topic, partition: 0, offset: 0 }]);
  const [range] = await log.admin.offsets([{ topic, partition: 0 }]);
  const values: string[] = [];
  while (values.length < range!.end) {
    for (const { records } of await reader.poll({ maxWaitMs: 100, maxRecords: 1000 })) {
      values.push(...records.map((one) => one.valueText?.() ?? ''));
    }
  }
  return values;
}

/** A process that opens the log and runs a script with it: `log`, `topic` and `record` are there. */
function inProcess(script: string) {
  const prelude = `import { EmbeddedLog } from ${JSON.stringify(built)};
    const log = await EmbeddedLog.open({ dir: process.env.LOG_DIR, checkpointBytes: 4096, directBytes: 350 });
    const record = (value) => ({ key: 'k', value, timestamp: 0, headers: [] });
    process.stdout.write('open\\n');
    ${script}`;
  const child = spawn(process.execPath, ['--input-type=module', '-e', prelude], {
    env: { ...process.env, LOG_DIR: dir },
  });
  let out = '';
  child.stdout.on('data', (chunk) => {
    out += chunk;
  });
  return {
    child,
    lines: () => out.split('\n').filter((line) => line !== ''),
    ended: new Promise<void>((resolve) => child.on('close', () => resolve())),
  };
}

async function until(holds: () => boolean): Promise<void> {
  for (let waited = 0; !holds(); waited += 10) {
    if (waited > 10_000) throw new Error('not within 10 s');
    await sleep(10);
  }
}

test('what is committed is there when the log is opened again', async () => {
  const log = await EmbeddedLog.open({ dir });
  await log.admin.createTopics([{ name: 't', partitions: 1, configs: { 'cleanup.policy': 'compact' } }]);
  const producer = await log.producer();
  await producer.send([{ topic: 't', partition: 0, records: [record('a'), record('b')] }]);
  const before = await log.admin.topics();
  await log.close();
  const again = await EmbeddedLog.open({ dir });
  expect(await again.admin.topics()).toEqual(before);
  expect(await valuesOf(again, 't')).toEqual(['a', 'b']);
  await again.close();
});

describe('a folder in use', () => {
  test('in this process', async () => {
    const log = await EmbeddedLog.open({ dir });
    await expect(EmbeddedLog.open({ dir })).rejects.toMatchObject({ code: 'LOG_LOCKED' });
    await log.close();
    await (await EmbeddedLog.open({ dir })).close();
  });

  test('in another one, until it is gone', async () => {
    const other = inProcess('setInterval(() => {}, 1000);');
    await until(() => other.lines().includes('open'));
    await expect(EmbeddedLog.open({ dir })).rejects.toThrow(
      /is in use by another process or another EmbeddedLog: close that one/,
    );
    other.child.kill('SIGKILL');
    await other.ended;
    await (await EmbeddedLog.open({ dir })).close();
  });
});

test('kill -9 in the middle of commits, again and again: nothing acknowledged is lost, no commit is split', {
  timeout: 600_000,
}, async () => {
  const script = `
    await log.admin.createTopics([{ name: 'a', partitions: 1 }, { name: 'b', partitions: 1 }]);
    const producer = await log.producer();
    const [{ end }] = await log.admin.offsets([{ topic: 'a', partition: 0 }]);
    for (let n = end; ; n++) {
      await producer.commit({
        records: ['a', 'b'].map((topic) => ({ topic, partition: 0, records: [record(String(n))] })),
        offsets: { group: 'g', commits: [{ topic: 'a', partition: 0, offset: n + 1, metadata: '' }] },
      });
      process.stdout.write(n + '\\n');
    }`;
  let acknowledged = -1;
  // More of them by hand: MILLRACE_KILLS=200.
  for (let round = 0; round < Number(process.env['MILLRACE_KILLS'] ?? 25); round++) {
    const writer = inProcess(script);
    await until(() => writer.lines().length > 1);
    await sleep(Math.random() * 60);
    writer.child.kill('SIGKILL');
    await writer.ended;
    // A line that was cut off by the kill is no acknowledgement.
    const numbers = writer.lines().slice(1, -1).map(Number);
    acknowledged = Math.max(acknowledged, ...numbers);
    const log = await EmbeddedLog.open({ dir });
    const values = await valuesOf(log, 'a');
    expect(values).toEqual(values.map((_, index) => String(index)));
    expect(values.length).toBeGreaterThan(acknowledged);
    expect(await valuesOf(log, 'b')).toEqual(values);
    expect(await log.admin.committed('g', [{ topic: 'a', partition: 0 }])).toMatchObject([
      { offset: values.length },
    ]);
    await log.close();
  }
  expect(acknowledged).toBeGreaterThan(100);
});

test('a damaged segment is named when it is read; other partitions are not affected', async () => {
  const log = await EmbeddedLog.open({ dir });
  await log.admin.createTopics([{ name: 't', partitions: 2 }]);
  const producer = await log.producer();
  for (const partition of [0, 1])
    await producer.send([{ topic: 't', partition, records: [record('value')] }]);
  await log.close();
  const [segment] = (await readdir(dir)).filter((name) => /^1-0-.*\.log$/.test(name));
  const bytes = await readFile(path.join(dir, segment!));
  bytes[bytes.length - 1]! ^= 1;
  await writeFile(path.join(dir, segment!), bytes);
  const again = await EmbeddedLog.open({ dir });
  await expect(valuesOf(again, 't')).rejects.toThrow(
    new RegExp(`Segment ${segment} in .* is damaged at byte 0: restore the file from a backup`),
  );
  const reader = await again.reader([{ topic: 't', partition: 1, offset: 0 }]);
  expect((await reader.poll({ maxWaitMs: 100, maxRecords: 10 }))[0]!.records).toHaveLength(1);
  await again.close();
});

test('a torn end of the journal is cut off, files that are not ours stay', async () => {
  const writer = inProcess(`
    await log.admin.createTopics([{ name: 'a', partitions: 1 }]);
    await (await log.producer()).send([{ topic: 'a', partition: 0, records: [record('x')] }]);
    process.stdout.write('done\\n');
    setInterval(() => {}, 1000);`);
  await until(() => writer.lines().includes('done'));
  writer.child.kill('SIGKILL');
  await writer.ended;
  const journal = (await readdir(dir)).find((name) => name.startsWith('journal-'))!;
  await appendFile(path.join(dir, journal), Buffer.alloc(100, 7));
  await writeFile(path.join(dir, 'notes.txt'), 'mine');
  const log = await EmbeddedLog.open({ dir });
  expect(await valuesOf(log, 'a')).toEqual(['x']);
  await log.close();
  expect(await readdir(dir)).toContain('notes.txt');
});

test('a record or a commit over the limit is refused before anything is written', async () => {
  const log = await EmbeddedLog.inMemory({ maxRecordBytes: 100, maxTransactionBytes: 300 });
  await log.admin.createTopics([{ name: 't', partitions: 1 }]);
  const producer = await log.producer();
  const send = (records: ReturnType<typeof record>[]) =>
    producer.send([{ topic: 't', partition: 0, records }]);
  await expect(send([record('x'.repeat(100))])).rejects.toMatchObject({ code: 'LOG_TOO_LARGE' });
  await expect(send(Array.from({ length: 4 }, () => record('x'.repeat(70))))).rejects.toMatchObject({
    code: 'LOG_TOO_LARGE',
  });
  await expect(send([{ ...record('x'), timestamp: Number.NaN }])).rejects.toMatchObject({
    code: 'LOG_INVALID_RECORD',
  });
  expect(await log.admin.offsets([{ topic: 't', partition: 0 }])).toEqual([{ start: 0, end: 0 }]);
  await log.close();
});

test("a topic's own max.message.bytes counts before the log's", async () => {
  const log = await EmbeddedLog.inMemory({ maxRecordBytes: 200 });
  const of = (name: string, bytes: string) => ({
    name,
    partitions: 1,
    configs: { 'max.message.bytes': bytes },
  });
  await log.admin.createTopics([of('small', '100'), of('large', '500')]);
  const producer = await log.producer();
  const send = (topic: string) =>
    producer.send([{ topic, partition: 0, records: [record('x'.repeat(300))] }]);
  await expect(send('small')).rejects.toThrow(/over the limit of 100: raise the topic's max.message.bytes/);
  expect(await send('large')).toEqual([0]);
  await log.close();
});

test('all durabilities keep what was committed over a clean stop', async () => {
  for (const durability of ['commit', 'interval', 'os'] as const) {
    const at = path.join(dir, durability);
    const log = await EmbeddedLog.open({ dir: at, durability, syncIntervalMs: 5 });
    await log.admin.createTopics([{ name: 't', partitions: 1 }]);
    await (await log.producer()).send([{ topic: 't', partition: 0, records: [record(durability)] }]);
    await log.flush();
    await log.close();
    const again = await EmbeddedLog.open({ dir: at });
    expect(await valuesOf(again, 't')).toEqual([durability]);
    await again.close();
  }
});

test('a closed log says so', async () => {
  const log = await EmbeddedLog.inMemory();
  const producer = await log.producer();
  await log.close();
  await log.close();
  await expect(producer.send([])).rejects.toMatchObject({ code: 'LOG_CLOSED' });
});
