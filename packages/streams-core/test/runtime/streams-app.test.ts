import { readdir, rm } from 'node:fs/promises';
import path from 'node:path';
import {
  type AppState,
  deadLetterTo,
  json,
  logAndContinue,
  long,
  StreamsApp,
  type StoreRestore,
  StreamsBuilder,
  string,
  type Topology,
  topic,
} from '@millrace/streams-core';
import { describe, expect, test } from 'vitest';
import { caughtUp, eventually, readTopic, withLog, write } from './support.ts';

const clicks = topic('clicks', { key: string(), value: string() });
const counts = topic('counts', { key: string(), value: long() });

function countClicks(): Topology {
  const builder = new StreamsBuilder();
  builder
    .stream(clicks)
    .groupByKey()
    .count({ as: 'clicks-per-key' })
    .toStream()
    .mapValues((count) => count ?? 0)
    .to(counts);
  return builder.build();
}

const topics = (partitions: number) => [clicks, counts].map(({ name }) => ({ name, partitions }));

function last(entries: readonly { key: string; value: number | null }[]): Record<string, number | null> {
  return Object.fromEntries(entries.map(({ key, value }) => [key, value]));
}

describe('one instance', () => {
  test('reads, counts, writes and says what it is doing', async () => {
    await withLog(async (log, stateDir) => {
      await log.admin.createTopics(topics(2));
      await write(log, clicks, [
        ['a', 'x'],
        ['b', 'x'],
        ['a', 'x'],
      ]);
      const states: AppState[] = [];
      const app = new StreamsApp(countClicks(), { applicationId: 'app', log, stateDir });
      app.state$.subscribe((state) => states.push(state));
      await app.start();
      await caughtUp(log, 'app', 'clicks');
      expect(last(await readTopic(log, counts))).toEqual({ a: 2, b: 1 });
      expect(app.taskIds).toEqual(['0_0', '0_1']);
      expect(app.metrics).toEqual({ processedRecords: 3, droppedRecords: 0, lateRecords: 0 });
      await app.close();
      expect(states).toEqual(['created', 'rebalancing', 'running', 'closed']);
    });
  });

  test('goes on from where it was committed, with its state', async () => {
    await withLog(async (log, stateDir) => {
      await log.admin.createTopics(topics(1));
      for (let round = 1; round <= 3; round++) {
        await write(log, clicks, [['a', 'x']]);
        const app = new StreamsApp(countClicks(), { applicationId: 'app', log, stateDir });
        await app.start();
        await caughtUp(log, 'app', 'clicks');
        await app.close();
        expect((await readTopic(log, counts)).map(({ value }) => value)).toEqual([1, 2, 3].slice(0, round));
      }
    });
  });

  test('restores from the changelog when the folder is gone, and nothing when it is there', async () => {
    await withLog(async (log, stateDir) => {
      await log.admin.createTopics(topics(1));
      await write(log, clicks, [
        ['a', 'x'],
        ['b', 'x'],
      ]);
      const restored: (StoreRestore & { records: number })[] = [];
      const run = async () => {
        const stateRestoreListener = {
          onRestoreEnd: (restore: StoreRestore, records: number) => restored.push({ ...restore, records }),
        };
        const app = new StreamsApp(countClicks(), {
          applicationId: 'app',
          log,
          stateDir,
          stateRestoreListener,
        });
        await app.start();
        await caughtUp(log, 'app', 'clicks');
        await app.close();
      };
      await run();
      await run();
      expect(restored).toEqual([]);
      await rm(path.join(stateDir, 'app'), { recursive: true });
      await write(log, clicks, [['a', 'x']]);
      await run();
      expect(restored).toMatchObject([
        {
          taskId: '0_0',
          store: 'clicks-per-key',
          topic: 'app-clicks-per-key-changelog',
          startOffset: 0,
          records: 2,
        },
      ]);
      expect(last(await readTopic(log, counts))).toEqual({ a: 2, b: 1 });
    });
  });

  test('replaces state that belongs to another log', async () => {
    await withLog(async (log, stateDir) => {
      await log.admin.createTopics(topics(1));
      await write(log, clicks, [['a', 'x']]);
      const first = new StreamsApp(countClicks(), { applicationId: 'app', log, stateDir });
      await first.start();
      await caughtUp(log, 'app', 'clicks');
      await first.close();
      await withLog(async (other) => {
        await other.admin.createTopics(topics(1));
        await write(other, clicks, [['a', 'x']]);
        const second = new StreamsApp(countClicks(), { applicationId: 'app', log: other, stateDir });
        await second.start();
        await caughtUp(other, 'app', 'clicks');
        await second.close();
        expect(await readTopic(other, counts)).toEqual([{ key: 'a', value: 1 }]);
      });
    });
  });

  test('at least once: the same results, and offsets after them', async () => {
    await withLog(async (log, stateDir) => {
      await log.admin.createTopics(topics(2));
      await write(log, clicks, [
        ['a', 'x'],
        ['b', 'x'],
        ['a', 'x'],
      ]);
      const app = new StreamsApp(countClicks(), {
        applicationId: 'app',
        log,
        stateDir,
        processingGuarantee: 'at_least_once',
      });
      await app.start();
      await caughtUp(log, 'app', 'clicks');
      await app.close();
      expect(last(await readTopic(log, counts))).toEqual({ a: 2, b: 1 });
    });
  });

  test('asynchronous code is awaited in order, and committed only when done', async () => {
    await withLog(async (log) => {
      await log.admin.createTopics(topics(1));
      await write(log, clicks, [
        ['a', '1'],
        ['a', '2'],
        ['a', '3'],
      ]);
      const builder = new StreamsBuilder();
      const seen: string[] = [];
      let release = (): void => {};
      const gate = new Promise<void>((resolve) => {
        release = resolve;
      });
      builder.stream(clicks).foreach(async (value) => {
        if (value === '2') await gate;
        seen.push(value);
      });
      const app = new StreamsApp(builder.build(), { applicationId: 'app', log, commitIntervalMs: 10 });
      await app.start();
      await eventually('the first is done', () => seen.length === 1);
      await new Promise((resolve) => setTimeout(resolve, 60));
      expect(seen).toEqual(['1']);
      release();
      await caughtUp(log, 'app', 'clicks');
      expect(seen).toEqual(['1', '2', '3']);
      await app.close();
    });
  });

  test('close does not wait for code that hangs longer than it is told to', async () => {
    await withLog(async (log) => {
      await log.admin.createTopics(topics(1));
      await write(log, clicks, [['a', '1']]);
      const builder = new StreamsBuilder();
      let started = false;
      builder.stream(clicks).foreach(() => {
        started = true;
        return new Promise<void>(() => {});
      });
      const app = new StreamsApp(builder.build(), { applicationId: 'app', log });
      await app.start();
      await eventually('it hangs', () => started);
      const before = performance.now();
      await app.close({ timeoutMs: 100 });
      expect(performance.now() - before).toBeLessThan(2000);
      expect(app.state).toBe('closed');
      expect(await log.admin.committed('app', [{ topic: 'clicks', partition: 0 }])).toEqual([undefined]);
    });
  });
});

describe('several instances', () => {
  test('share the tasks, and take over what one leaves, state included', async () => {
    await withLog(async (log, stateDir) => {
      await log.admin.createTopics(topics(4));
      const keys = Array.from({ length: 20 }, (_, n) => `key-${n}`);
      const start = async (name: string) => {
        const app = new StreamsApp(countClicks(), {
          applicationId: 'app',
          log,
          stateDir: path.join(stateDir, name),
        });
        await app.start();
        return app;
      };
      const one = await start('one');
      await write(
        log,
        clicks,
        keys.map((key) => [key, 'x'] as const),
      );
      await caughtUp(log, 'app', 'clicks');
      expect(one.taskIds).toHaveLength(4);

      const two = await start('two');
      await eventually('tasks are shared', () => one.taskIds.length === 2 && two.taskIds.length === 2);
      expect([...one.taskIds, ...two.taskIds].toSorted((a, b) => a.localeCompare(b))).toEqual([
        '0_0',
        '0_1',
        '0_2',
        '0_3',
      ]);
      await write(
        log,
        clicks,
        keys.map((key) => [key, 'x'] as const),
      );
      await caughtUp(log, 'app', 'clicks');

      await one.close();
      await eventually('the other has all', () => two.taskIds.length === 4);
      await write(
        log,
        clicks,
        keys.map((key) => [key, 'x'] as const),
      );
      await caughtUp(log, 'app', 'clicks');
      await two.close();
      const results = await readTopic(log, counts);
      expect(last(results)).toEqual(Object.fromEntries(keys.map((key) => [key, 3])));
      expect(results).toHaveLength(60);
    });
  });

  test('a hung instance is fenced: its tasks move on, and what it did is not committed', async () => {
    await withLog(async (log) => {
      await log.admin.createTopics(topics(1));
      const hanging: string[] = [];
      const build = (hang: boolean) => {
        const builder = new StreamsBuilder();
        builder
          .stream(clicks)
          .peek((value) => {
            if (!hang) return;
            hanging.push(value);
            return new Promise<void>((resolve) => setTimeout(resolve, 1500));
          })
          .mapValues(() => (hang ? 1 : 2))
          .to(counts);
        return builder.build();
      };
      const stuck = new StreamsApp(build(true), { applicationId: 'app', log, maxPollIntervalMs: 200 });
      await stuck.start();
      await write(log, clicks, [['a', 'x']]);
      await eventually('it hangs', () => hanging.length === 1);
      const heir = new StreamsApp(build(false), { applicationId: 'app', log });
      await heir.start();
      await caughtUp(log, 'app', 'clicks');
      await new Promise((resolve) => setTimeout(resolve, 1500));
      expect(await readTopic(log, counts)).toEqual([{ key: 'a', value: 2 }]);
      await Promise.all([stuck.close(), heir.close()]);
    });
  });
});

describe('what goes wrong', () => {
  const numbers = topic('numbers', { key: string(), value: json<{ n: number }>() });
  const doubled = topic('doubled', { key: string(), value: json<number>() });
  const double = (): Topology => {
    const builder = new StreamsBuilder();
    builder
      .stream(numbers)
      .mapValues(({ n }) => n * 2)
      .to(doubled);
    return builder.build();
  };
  const raw = topic('numbers', { key: string(), value: string() });
  const create = [numbers, doubled].map(({ name }) => ({ name, partitions: 1 }));

  test('a record that cannot be read stops the app, which says which one', async () => {
    await withLog(async (log) => {
      await log.admin.createTopics(create);
      await write(log, raw, [
        ['a', '{"n":1}'],
        ['a', 'junk'],
      ]);
      const app = new StreamsApp(double(), { applicationId: 'app', log });
      await app.start();
      await eventually('it fails', () => app.state === 'error');
      expect(app.failure).toMatchObject({
        code: 'RECORD_DESERIALIZATION',
        node: 'KSTREAM-SOURCE-0000000000',
        origin: { topic: 'numbers', partition: 0, offset: 1 },
      });
      await expect(app.close()).rejects.toThrow(/numbers-0 @ 1/);
    });
  });

  test('or is left out, with a word about it', async () => {
    await withLog(async (log) => {
      await log.admin.createTopics(create);
      await write(log, raw, [
        ['a', 'junk'],
        ['a', '{"n":2}'],
        ['a', 'more junk'],
      ]);
      const reports: string[] = [];
      const handler = logAndContinue((message) => reports.push(message));
      const app = new StreamsApp(double(), {
        applicationId: 'app',
        log,
        deserializationExceptionHandler: handler,
      });
      await app.start();
      await eventually('the good one is through', async () => (await readTopic(log, doubled)).length === 1);
      await eventually('both bad ones are reported', () => reports.length === 2);
      expect(app.metrics.droppedRecords).toBe(2);
      await app.close();
      expect(await readTopic(log, doubled)).toEqual([{ key: 'a', value: 4 }]);
    });
  });

  test('or goes to a dead-letter topic, with the reason in its headers', async () => {
    await withLog(async (log) => {
      await log.admin.createTopics([...create, { name: 'dead', partitions: 1 }]);
      await write(log, raw, [
        ['a', 'junk'],
        ['a', '{"n":2}'],
      ]);
      const app = new StreamsApp(double(), {
        applicationId: 'app',
        log,
        deserializationExceptionHandler: deadLetterTo('dead'),
        deadLetterTopics: ['dead'],
      });
      await app.start();
      await caughtUp(log, 'app', 'numbers');
      await app.close();
      const reader = await log.reader([{ topic: 'dead', partition: 0, offset: 0 }]);
      const [batch] = await reader.poll({ maxWaitMs: 100, maxRecords: 10 });
      const [record] = batch!.records;
      expect(Buffer.from(record!.value!).toString()).toBe('junk');
      const headers = Object.fromEntries(
        record!.headers.map(({ key, value }) => [key, Buffer.from(value!).toString()]),
      );
      expect(headers).toMatchObject({
        '__streams.errors.topic': 'numbers',
        '__streams.errors.partition': '0',
        '__streams.errors.offset': '0',
        '__streams.errors.exception': 'SyntaxError',
      });
    });
  });

  test('an error in user code names the operator and the record; nothing of it is committed', async () => {
    await withLog(async (log) => {
      await log.admin.createTopics(topics(1));
      await write(log, clicks, [
        ['a', 'ok'],
        ['a', 'bad'],
      ]);
      const builder = new StreamsBuilder();
      builder
        .stream(clicks)
        .mapValues(
          (value) => {
            if (value === 'bad') throw new Error('no such click');
            return 1;
          },
          { name: 'check-clicks' },
        )
        .to(counts);
      const app = new StreamsApp(builder.build(), { applicationId: 'app', log, commitIntervalMs: 60_000 });
      await app.start();
      await eventually('it fails', () => app.state === 'error');
      expect(app.failure).toMatchObject({
        code: 'RECORD_PROCESSING',
        node: 'check-clicks',
        origin: { offset: 1 },
      });
      expect(String(app.failure)).toContain('no such click');
      expect(await readTopic(log, counts)).toEqual([]);
      await app.close().catch(() => {});
    });
  });

  test('the uncaught-exception handler may have the work started over', async () => {
    await withLog(async (log, stateDir) => {
      await log.admin.createTopics(topics(1));
      await write(log, clicks, [
        ['a', '1'],
        ['a', '2'],
        ['a', '3'],
      ]);
      let failures = 0;
      const builder = new StreamsBuilder();
      builder
        .stream(clicks)
        .peek((value) => {
          if (value === '2' && failures < 2) {
            failures++;
            throw new Error('flaky');
          }
        })
        .groupByKey()
        .count()
        .toStream()
        .mapValues((count) => count ?? 0)
        .to(counts);
      const app = new StreamsApp(builder.build(), {
        applicationId: 'app',
        log,
        stateDir,
        uncaughtExceptionHandler: () => 'restart',
      });
      await app.start();
      await caughtUp(log, 'app', 'clicks');
      expect(failures).toBe(2);
      expect((await readTopic(log, counts)).map(({ value }) => value)).toEqual([1, 2, 3]);
      await app.close();
    });
  });

  test('missing topics are named, with what to do', async () => {
    await withLog(async (log, stateDir) => {
      const app = new StreamsApp(countClicks(), { applicationId: 'app', log, stateDir });
      await expect(app.start()).rejects.toThrow(
        /"clicks", which does not exist: create it with log\.admin\.createTopics/,
      );
      expect(app.state).toBe('error');
    });
  });

  test('a persistent store needs a folder', async () => {
    await withLog(async (log) => {
      await log.admin.createTopics(topics(1));
      const app = new StreamsApp(countClicks(), { applicationId: 'app', log });
      await app.start();
      await eventually('it fails', () => app.state === 'error');
      expect(String(app.failure)).toMatch(/"clicks-per-key" is persistent, so "stateDir" must name a folder/);
      await app.close().catch(() => {});
    });
  });

  test('stores are in a folder for the application and the task', async () => {
    await withLog(async (log, stateDir) => {
      await log.admin.createTopics(topics(1));
      const app = new StreamsApp(countClicks(), { applicationId: 'my-app', log, stateDir });
      await app.start();
      await eventually('it runs', () => app.state === 'running' && app.taskIds.length === 1);
      await app.close();
      expect(await readdir(path.join(stateDir, 'my-app', '0_0'))).toEqual(['clicks-per-key']);
    });
  });
});
