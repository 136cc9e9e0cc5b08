import { rm } from 'node:fs/promises';
import path from 'node:path';
import { type AppState, StreamsApp, type StoreRestore, StreamsBuilder } from '@millrace/streams-core';
import { expect, test } from 'vitest';
import { clicks, counts, countClicks, topics, last } from './click-counts.ts';
import { caughtUp, eventually, manyTurns, readTopic, withLog, write } from './support.ts';

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
    expect(app.metrics).toEqual({
      processedRecords: 3,
      droppedRecords: 0,
      lateRecords: 0,
      droppedByNode: {},
    });
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
    await manyTurns();
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
