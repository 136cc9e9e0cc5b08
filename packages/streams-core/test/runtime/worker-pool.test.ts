import { fileURLToPath } from 'node:url';
import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { EmbeddedLog } from '@millrace/embedded-log';
import type { LogClient } from '@millrace/log-client';
import { readAll } from '@millrace/log-client/conformance';
import { sharedLog } from '@millrace/log-server';
import { integer, nullable, runWorkers, string, topic, type WorkerPool } from '@millrace/streams-core';
import { describe, expect, test } from 'vitest';
import makeApp from './worker-app.mjs';
import { eventually, readTopic, withFolder, write } from './support.ts';

// What threads run.
const module = pathToFileURL(fileURLToPath(new URL('./worker-app.mjs', import.meta.url)));
// Threads run what is built, as users' do; the tests themselves run sources.
const execArgv: string[] = [];
const words = topic('words', { key: string(), value: string() });
const counts = topic('counts', { key: string(), value: nullable(integer()) });
const ticks = topic('ticks', { key: string(), value: integer() });
const keys = ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h'];
const once = keys.map((key) => [key, 'x'] as const);

interface PoolOptions {
  readonly config?: object;
  readonly data?: object;
  /** The log is one that processes share, not one of this thread. */
  readonly isShared?: boolean;
}

async function withPool(
  body: (pool: WorkerPool, log: LogClient) => Promise<void>,
  { config = {}, data: more = {}, isShared = false }: PoolOptions = {},
): Promise<void> {
  await withFolder(async (folder) => {
    const dir = path.join(folder, 'log');
    await mkdir(dir);
    const own = isShared ? undefined : await EmbeddedLog.open({ dir });
    const log = own ?? (await sharedLog({ dir }));
    await log.admin.createTopics([
      { name: 'words', partitions: 4 },
      { name: 'counts', partitions: 4 },
      { name: 'ticks', partitions: 4 },
    ]);
    const data = { dir, stateDir: path.join(folder, 'state'), config, ...more };
    const logPort = own && (() => own.threadPort());
    const pool = await runWorkers({ module, workers: 2, data, execArgv, ...(logPort && { logPort }) });
    try {
      await body(pool, log);
    } finally {
      await pool.close().catch(() => {});
      await log.close();
    }
  });
}

const last = async (log: LogClient) =>
  Object.fromEntries((await readTopic(log, counts)).map(({ key, value }) => [key, value]));
const isAll = (found: Record<string, number | null>, count: number): boolean =>
  keys.every((key) => found[key] === count);
const all = (count: number) => Object.fromEntries(keys.map((key) => [key, count]));

describe('an app in two worker threads', () => {
  test('shares its tasks out, counts each record once, and says how far it is', {
    timeout: 60_000,
  }, async () => {
    await withPool(async (pool, log) => {
      await eventually('it runs', () => pool.state === 'running' && pool.taskIds.length === 4, {
        withinMs: 30_000,
      });
      await write(log, words, once);
      await write(log, words, once);
      await eventually('all are counted', async () => isAll(await last(log), 2));
      expect((await pool.metrics()).processedRecords).toBe(2 * keys.length);
      const processed = (await pool.readMetrics()).filter(
        ({ group, name }) => group === 'stream-metrics' && name === 'process-total',
      );
      expect(processed.map(({ tags }) => tags['thread-id'])).toEqual(['0', '1']);
      // Repartitioned or not, each record is taken up once.
      expect(processed.reduce((sum, { value }) => sum + value, 0)).toBe(2 * keys.length);
      expect(await pool.health()).toEqual({ status: 'running', live: true, ready: true, reasons: [] });
      const seen: string[] = [];
      pool.state$.subscribe((state) => seen.push(state));
      await pool.close();
      expect(seen).toEqual(['running', 'closed']);
      await pool.done;
      expect(await last(log)).toEqual(all(2));
      expect((await pool.metrics()).processedRecords).toBe(2 * keys.length);
    });
  });

  test('goes on when a thread dies: its tasks move, it is started again, nothing is lost or doubled', {
    timeout: 60_000,
  }, async () => {
    const warnings: string[] = [];
    const listen = ({ message }: Error): void => void warnings.push(message);
    process.on('warning', listen);
    await withPool(async (pool, log) => {
      await eventually('it runs', () => pool.state === 'running', { withinMs: 30_000 });
      await write(log, words, once);
      await eventually('all are counted', async () => isAll(await last(log), 1));
      // It would kill whoever takes it over, again and again: it is deleted once the first has died.
      await write(log, words, [['a', 'die']]);
      await eventually('a worker has died', () => warnings.some((one) => /^Worker \d died/.test(one)));
      const ends = await log.admin.offsets([0, 1, 2, 3].map((partition) => ({ topic: 'words', partition })));
      await log.admin.deleteRecords(
        ends.map(({ end: offset }, partition) => ({ topic: 'words', partition, offset })),
      );
      await write(log, words, once);
      await eventually('all are counted again', async () => isAll(await last(log), 2), {
        withinMs: 45_000,
      });
      expect(await last(log)).toEqual(all(2));
    });
    process.off('warning', listen);
    expect(warnings.find((one) => one.startsWith('Worker'))).toMatch(/is started again in \d+ ms/);
  });

  test('has asynchronous operators, punctuators and copies of stores as one thread has', {
    timeout: 60_000,
  }, async () => {
    const run = async (pool: WorkerPool, log: LogClient): Promise<void> => {
      await eventually('it runs', () => pool.state === 'running' && pool.taskIds.length === 4, {
        withinMs: 30_000,
      });
      await write(log, words, once);
      await eventually('all are counted', async () => isAll(await last(log), 1), { withinMs: 30_000 });
      await write(log, words, once);
      await eventually('all are counted again', async () => isAll(await last(log), 2));
      // Every change of a row comes out, in order, as in one thread.
      expect((await readTopic(log, counts)).map(({ key, value }) => `${key} ${value}`).toSorted()).toEqual(
        keys.flatMap((key) => [`${key} 1`, `${key} 2`]).toSorted(),
      );
      await eventually('punctuators are called', async () => (await readTopic(log, ticks)).length > 4);
    };
    await withPool(run, {
      config: { numStandbyReplicas: 1 },
      data: { async: true, ticks: true, copies: true },
    });
  });

  test('writes what one thread writes, byte for byte', { timeout: 60_000 }, async () => {
    const many = Array.from({ length: 3000 }, (_, n) => [`key ${(n * 7919) % 50}`, `word ${n}`, n] as const);
    const writtenBy = async (run: (log: EmbeddedLog, data: object) => Promise<() => Promise<void>>) => {
      let written: unknown;
      await withFolder(async (folder) => {
        const log = await EmbeddedLog.inMemory();
        await log.admin.createTopics([words, counts].map(({ name }) => ({ name, partitions: 4 })));
        await write(log, words, many);
        const close = await run(log, { stateDir: path.join(folder, 'state') });
        const all4 = [0, 1, 2, 3].map((partition) => ({ topic: counts.name, partition }));
        await eventually('all are counted', async () => {
          const ends = await log.admin.offsets(all4);
          return ends.reduce((sum, { end }) => sum + end, 0) === many.length;
        });
        await close();
        written = await Promise.all(
          all4.map(async ({ topic: name, partition }) =>
            (await readAll(log, name, partition)).map(({ key, value, timestamp, offset, headers }) => {
              return { key, value, timestamp, offset, headers };
            }),
          ),
        );
        await log.close();
      });
      return written;
    };
    const byOne = await writtenBy(async (log, data) => {
      const app = await makeApp({ index: 0, count: 1, logPort: log.threadPort(), data });
      await app.start();
      return () => app.close();
    });
    const byTwo = await writtenBy(async (log, data) => {
      const pool = await runWorkers({ module, workers: 2, data, execArgv, logPort: () => log.threadPort() });
      return () => pool.close();
    });
    expect(byTwo).toEqual(byOne);
  });

  test('counts exactly once while its threads die, five times', { timeout: 60_000 }, async () => {
    await withPool(async (pool, log) => {
      const many = Array.from({ length: 400 }, (_, n) => {
        const value = n % 80 === 40 ? `die once ${n}` : 'x';
        return [keys[n % keys.length]!, value] as const;
      });
      await write(log, words, many);
      const count = many.length / keys.length;
      await eventually('all are counted', async () => isAll(await last(log), count), { withinMs: 50_000 });
      // Each change of a row has come out once.
      const changes = (await readTopic(log, counts)).map(({ key, value }) => `${key} ${value}`);
      expect(changes.toSorted()).toEqual(
        keys.flatMap((key) => Array.from({ length: count }, (_, n) => `${key} ${n + 1}`)).toSorted(),
      );
    });
  });

  test('fails where a thread that died cannot have the log again', { timeout: 60_000 }, async () => {
    await withFolder(async (folder) => {
      const log = await EmbeddedLog.inMemory();
      await log.admin.createTopics([words, counts].map(({ name }) => ({ name, partitions: 1 })));
      const ports = [log.threadPort()];
      const pool = await runWorkers({
        module,
        workers: 1,
        data: { stateDir: path.join(folder, 'state') },
        execArgv,
        logPort: () => {
          const port = ports.pop();
          if (port === undefined) throw new Error('the log is closed');
          return port;
        },
      });
      await write(log, words, [['a', 'die']]);
      await expect(pool.done).rejects.toThrow('the log is closed');
      expect(pool.state).toBe('error');
      await expect(pool.close()).rejects.toThrow('the log is closed');
      await log.close();
    });
  });

  test('may use a log that processes share', { timeout: 60_000 }, async () => {
    await withPool(
      async (pool, log) => {
        await eventually('it runs', () => pool.state === 'running' && pool.taskIds.length === 4, {
          withinMs: 30_000,
        });
        await write(log, words, once);
        await eventually('all are counted', async () => isAll(await last(log), 1));
      },
      { isShared: true },
    );
  });

  test('fails as one where an instance fails for good, with the error of its thread', {
    timeout: 60_000,
  }, async () => {
    await withPool(async (pool, log) => {
      const done = pool.done.then(
        () => undefined,
        (error: Error & { code?: string }) => error,
      );
      await eventually('it runs', () => pool.state === 'running', { withinMs: 30_000 });
      await write(log, words, [['a', 'fail']]);
      const error = await done;
      expect(error).toMatchObject({
        code: 'RECORD_PROCESSING',
        message: expect.stringMatching(/no luck in worker \d of 2/),
      });
      expect(pool.state).toBe('error');
      expect(pool.failure).toBe(error);
      await expect(pool.close()).rejects.toBe(error);
    });
  });
});

describe('what cannot be run in workers is named', () => {
  const failureOf = async (source: string): Promise<unknown> => {
    let failure: unknown;
    await withFolder(async (dir) => {
      const file = path.join(dir, 'app.mjs');
      await writeFile(file, source);
      const pool = await runWorkers({ module: pathToFileURL(file), workers: 1, execArgv });
      failure = await pool.done.catch((error: unknown) => error);
      await pool.close().catch(() => {});
    });
    return failure;
  };

  test.each([
    ['a module without a function', 'export const app = 1;', /exports no function\. Write `export default/],
    ['a function that makes no app', 'export default () => ({ start() {} });', /made no StreamsApp/],
    ['a module with a mistake', 'export default () => { throw new TypeError("oh"); };', /^oh$/],
    ['a module that is not one', 'export default (', /Unexpected/],
  ])('%s', { timeout: 30_000 }, async (_, source, message) => {
    expect(await failureOf(source)).toMatchObject({ message: expect.stringMatching(message) });
  });

  test('a number of workers that is none', async () => {
    await expect(runWorkers({ module, workers: 0 })).rejects.toThrow(/"workers" is 0: use a whole number/);
    await expect(runWorkers({ module, workers: 1.5 })).rejects.toMatchObject({ code: 'CONFIG_INVALID' });
  });
});
