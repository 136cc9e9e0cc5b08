import { type ChildProcess, spawn } from 'node:child_process';
import { mkdir, mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { isLogError, type LogClient, type LogRecord, noHeaders } from '@millrace/log-client';
import { EmbeddedLog } from '@millrace/embedded-log';
import { afterEach, describe, expect, test } from 'vitest';
import { listen, readOwner, type SharedLog, sharedLog, writeOwner } from '../src/index.ts';
import { closeLater } from './served.ts';

/** More of them by `MILLRACE_OWNER_KILLS=50`. */
const kills = Number(process.env['MILLRACE_OWNER_KILLS'] ?? 3);
const script = fileURLToPath(new URL('./counting-app.mjs', import.meta.url));
const partitions = 4;

const children: ChildProcess[] = [];
afterEach(() => {
  for (const child of children.splice(0)) child.kill('SIGKILL');
});

async function folder(): Promise<string> {
  const dir = await mkdtemp(path.join(tmpdir(), 'millrace shared '));
  // Opened before whatever is in it, so closed after it.
  closeLater({ close: () => rm(dir, { recursive: true, force: true, maxRetries: 5 }) });
  return dir;
}

async function readWhole(log: LogClient, topic: string, partition: number): Promise<LogRecord[]> {
  const [range] = await log.admin.offsets([{ topic, partition }], { awaitTransactions: true });
  const reader = await log.reader([{ topic, partition, offset: range!.start }]);
  const records: LogRecord[] = [];
  for (let next = range!.start; next < range!.end; ) {
    for (const batch of await reader.poll({ maxWaitMs: 1000, maxRecords: 1000 })) {
      records.push(...batch.records);
      next = batch.nextOffset;
    }
  }
  await reader.close();
  return records;
}

describe('a log that is shared', () => {
  test('by several in one process: the first owns it, and when it ends the next one does', async () => {
    const dir = await folder();
    const first = await sharedLog({ dir });
    const second = closeLater(await sharedLog({ dir }));
    const tool = closeLater(await sharedLog({ dir, mayOwn: false }));
    expect([first, second, tool].map(({ isOwner }) => isOwner)).toEqual([true, false, false]);
    await first.admin.createTopics([{ name: 't', partitions: 1 }]);
    const producer = await second.producer();
    const send = (value: string) =>
      producer.send([
        { topic: 't', partition: 0, records: [{ key: null, value, timestamp: 1, headers: noHeaders }] },
      ]);
    await send('a');
    await first.close();
    await send('b');
    await expect.poll(() => second.isOwner, { timeout: 10_000 }).toBe(true);
    const values = (await readWhole(tool, 't', 0)).map(({ value }) => String(value));
    expect(values).toEqual(['a', 'b']);
    // The next that opens it finds the owner, on the same port and with the same token.
    const third = closeLater(await sharedLog({ dir }));
    expect(third.isOwner).toBe(false);
    expect((await third.admin.topics()).has('t')).toBe(true);
  });

  test('the file with its token is readable by its owner only, and the log is not open to others', async () => {
    const dir = await folder();
    const log: SharedLog = closeLater(await sharedLog({ dir }));
    expect(log.isOwner).toBe(true);
    const owner = JSON.parse(await readFile(path.join(dir, 'owner.json'), 'utf8')) as { token: string };
    expect(owner.token.length).toBeGreaterThan(20);
  });

  test('one whose owner asks for no token is read, written and taken over without one', async () => {
    const dir = await folder();
    const log = await EmbeddedLog.open({ dir });
    await log.admin.createTopics([{ name: 't', partitions: 1 }]);
    const server = await listen(log, { token: false });
    await writeOwner(dir, { pid: process.pid, host: server.host, port: server.port });
    const second = closeLater(await sharedLog({ dir }));
    expect((await second.admin.topics()).has('t')).toBe(true);
    await server.close();
    await log.close();
    await expect.poll(() => second.isOwner, { timeout: 10_000 }).toBe(true);
    expect((await second.admin.topics()).has('t')).toBe(true);
    expect((await readOwner(dir))?.token).toBeUndefined();
  });

  test('one that is closed while it takes over has released the folder when it is', {
    timeout: 30_000,
  }, async () => {
    const dir = await folder();
    for (let turns = 0, isOver = false; !isOver; turns += 120) {
      const first = await sharedLog({ dir });
      const second = await sharedLog({ dir });
      await first.close();
      // At once, some turns later, and so on, until the takeover has ended before.
      for (let turn = 0; turn < turns; turn++) await new Promise((resolve) => setImmediate(resolve));
      isOver = second.isOwner;
      await second.close();
      const alone = await EmbeddedLog.open({ dir });
      await alone.close();
    }
  });

  test('one that cannot be served is not left open', async () => {
    const dir = await folder();
    // Its owner's file cannot be written.
    await mkdir(path.join(dir, 'owner.json'));
    await expect(sharedLog({ dir })).rejects.toThrow();
    await rm(path.join(dir, 'owner.json'), { recursive: true });
    expect(closeLater(await sharedLog({ dir })).isOwner).toBe(true);
  });

  test('one that another process has for itself is named', { timeout: 30_000 }, async () => {
    const dir = await folder();
    closeLater(await EmbeddedLog.open({ dir }));
    await expect(sharedLog({ dir })).rejects.toMatchObject({
      code: 'LOG_LOCKED',
      message: expect.stringMatching(/does not share it.*open it with sharedLog there too/),
    });
  });
});

test(`an app in two processes, the log's owner killed ${kills} times: counted exactly once`, {
  timeout: 1_200_000,
}, async () => {
  const dir = await folder();
  const states = await folder();
  const running = new Map<number, ChildProcess>();
  let started = 0;
  const start = async (): Promise<void> => {
    const stateDir = path.join(states, String(started++));
    const child = spawn(process.execPath, [script, dir, stateDir], { stdio: ['ignore', 'pipe', 'inherit'] });
    children.push(child);
    running.set(child.pid!, child);
    await new Promise<void>((resolve, reject) => {
      child.stdout!.once('data', () => resolve());
      child.once('exit', () => reject(new Error('an instance ended before it had started')));
    });
    child.removeAllListeners('exit');
  };
  const setUp = await sharedLog({ dir });
  await setUp.admin.createTopics([
    { name: 'words', partitions },
    { name: 'counts', partitions },
  ]);
  await setUp.close();
  await start();
  await start();
  const log = await sharedLog({ dir, mayOwn: false });
  const producer = await log.producer();
  const acked: string[] = [];
  let isWriting = true;
  const writing = (async () => {
    for (let n = 0; isWriting; n++) {
      const value = `v${n}`;
      const word = n % 11;
      const records = [{ key: `word ${word}`, value, timestamp: n, headers: noHeaders }];
      await producer
        .send([{ topic: 'words', partition: word % partitions, records }])
        .then(() => acked.push(value))
        .catch((error: unknown) => {
          if (!isLogError(error, 'LOG_TIMEOUT')) throw error;
        });
      await sleep(1);
    }
  })();
  for (let n = 0; n < kills; n++) {
    await sleep(200 + ((n * 7919) % 600));
    const pid = (await readOwner(dir))!.pid;
    const victim = running.get(pid);
    if (victim === undefined) throw new Error(`the owner, ${pid}, is none of the instances`);
    running.delete(pid);
    victim.kill('SIGKILL');
    await start();
  }
  isWriting = false;
  await writing;
  const expected = new Map<string, number>();
  const values: string[] = [];
  for (let partition = 0; partition < partitions; partition++) {
    for (const { key, value } of await readWhole(log, 'words', partition)) {
      expected.set(String(key), (expected.get(String(key)) ?? 0) + 1);
      values.push(String(value));
    }
  }
  expect(new Set(values).size).toBe(values.length);
  expect(acked.filter((value) => !values.includes(value))).toEqual([]);
  const countsOf = async (): Promise<Map<string, number[]>> => {
    const counts = new Map<string, number[]>();
    for (let partition = 0; partition < partitions; partition++) {
      for (const { key, value } of await readWhole(log, 'counts', partition)) {
        const list = counts.get(String(key)) ?? [];
        list.push(Buffer.from(value!).readInt32BE(0));
        counts.set(String(key), list);
      }
    }
    return counts;
  };
  const last = async (): Promise<Map<string, number>> =>
    new Map([...(await countsOf())].map(([key, list]) => [key, list.at(-1)!]));
  await expect.poll(last, { timeout: 120_000, interval: 500 }).toEqual(expected);
  for (const [key, list] of await countsOf()) {
    const isRising = list.every((count, index) => index === 0 || count > list[index - 1]!);
    expect([key, isRising]).toEqual([key, true]);
  }
  console.log(`${values.length} words, ${kills} owners killed`);
  await producer.close();
  await log.close();
});
