import path from 'node:path';
import { StreamsApp, StreamsBuilder } from '@millrace/streams-core';
import { expect, test } from 'vitest';
import { clicks, counts, countClicks, topics, last } from './click-counts.ts';
import { caughtUp, eventually, readTopic, withLog, write } from './support.ts';

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
