import { mkdir, readdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { LevelStore } from '@millrace/state-stores/runtime';
import { StreamsApp, StreamsBuilder, warningsOnly } from '@millrace/streams-core';
import { expect, test } from 'vitest';
import { StateCleaner } from '../../src/runtime/stores/state-cleaner.ts';
import { clicks, countClicks, topics } from './click-counts.ts';
import { eventually, withFolder, withLog } from './support.ts';

const minute = 60_000;

/** A folder with the state of these tasks, of one store each. */
async function stateOf(dir: string, tasks: readonly string[]): Promise<void> {
  for (const task of tasks) {
    const store = await LevelStore.open(path.join(dir, task, 'clicks-per-key'));
    await store.close();
  }
  await mkdir(path.join(dir, 'instance'), { recursive: true });
  await writeFile(path.join(dir, 'topology.json'), '{}');
}

test('the state of tasks that have moved away goes once it is old, and no other', async () => {
  await withFolder(async (dir) => {
    await stateOf(dir, ['0_0', '0_1', '0_2', '7_0']);
    const here = new Set(['0_0']);
    const cleaner = new StateCleaner({
      dir,
      topology: countClicks(),
      delayMs: 10 * minute,
      isHere: (task) => here.has(task),
      logger: warningsOnly,
    });
    expect(await cleaner.clean(Date.now() + 9 * minute)).toEqual([]);
    const inUse = await LevelStore.open(path.join(dir, '0_2', 'clicks-per-key'));
    // Opening it has written to it.
    expect(await cleaner.clean(Date.now() + 11 * minute)).toEqual(['0_1']);
    await inUse.close();
    // 7_0 is of another topology: nobody knows whether it is anywhere else.
    expect((await readdir(dir)).toSorted()).toEqual(['0_0', '0_2', '7_0', 'instance', 'topology.json']);
    expect(await cleaner.clean(Date.now() + 11 * minute)).toEqual(['0_2']);
  });
});

test('what cannot be looked at stays, and keeps no other state from going', async () => {
  await withFolder(async (dir) => {
    await stateOf(dir, ['0_1', '0_3', 'deleted-0_2-left']);
    // A store's name that is a file's: LevelDB cannot open it.
    await mkdir(path.join(dir, '0_0'));
    await mkdir(path.join(dir, '0_0', 'clicks-per-key', 'LOCK'), { recursive: true });
    const warned: string[] = [];
    const logger = { ...warningsOnly, warn: (_: object, message: string) => void warned.push(message) };
    const topology = countClicks();
    const cleaner = new StateCleaner({ dir, topology, delayMs: minute, isHere: () => false, logger });
    expect((await cleaner.clean(Date.now() + 2 * minute)).toSorted()).toEqual(['0_1', '0_3']);
    expect(warned).toEqual([expect.stringMatching(/^Old state in .*0_0 stays: /)]);
    expect((await readdir(dir)).toSorted()).toEqual(['0_0', 'instance', 'topology.json']);
  });
});

test('state without a changelog stays, however old', async () => {
  await withFolder(async (dir) => {
    await stateOf(dir, ['0_0']);
    const builder = new StreamsBuilder();
    builder.stream(clicks).groupByKey().count({ as: 'clicks-per-key', logging: false });
    const topology = builder.build();
    const cleaner = new StateCleaner({
      dir,
      topology,
      delayMs: 1,
      isHere: () => false,
      logger: warningsOnly,
    });
    expect(await cleaner.clean(Date.now() + 1000 * minute)).toEqual([]);
    expect(await readdir(dir)).toContain('0_0');
  });
});

test('an app deletes what it has no task for any more', async () => {
  await withLog(async (log, dir) => {
    await log.admin.createTopics(topics(2));
    const start = async (name: string) => {
      const stateDir = path.join(dir, name);
      const app = new StreamsApp(countClicks(), {
        applicationId: 'app',
        log,
        stateDir,
        stateCleanupDelayMs: 100,
      });
      await app.start();
      return app;
    };
    const folders = async (): Promise<string[]> =>
      (await readdir(path.join(dir, 'one', 'app'))).filter((name) => name.includes('_'));
    const one = await start('one');
    await eventually('it has both', async () => (await folders()).length === 2);
    const two = await start('two');
    await eventually('it has one', () => one.taskIds.length === 1);
    await eventually('the other has gone', async () => (await folders()).length === 1);
    expect(await folders()).toEqual([one.taskIds[0]]);
    await two.close();
    await eventually('it is made again', () => one.taskIds.length === 2);
    await one.close();
  });
});
