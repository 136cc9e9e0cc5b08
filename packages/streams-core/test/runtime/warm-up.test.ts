import path from 'node:path';
import type { EmbeddedLog } from '@millrace/embedded-log';
import { StreamsApp, type StreamsConfig } from '@millrace/streams-core';
import { expect, test } from 'vitest';
import { clicks, countClicks, counts, last, topics } from './click-counts.ts';
import { caughtUp, eventually, readTopic, withLog, write } from './support.ts';

const keys = Array.from({ length: 600 }, (_, n) => `key-${n}`);
const partitions = 6;

interface Counted {
  readonly app: StreamsApp;
  /** Changelog records that were restored while a task waited for them. */
  restored: number;
  /** Changelog records that a copy took in before. */
  copied: number;
}

/** An instance with its own stateDir. Counts records restored by copies apart from those that tasks wait for. */
async function start(
  log: EmbeddedLog,
  dir: string,
  name: string,
  config: Partial<StreamsConfig> = {},
): Promise<Counted> {
  const counted: Counted = {
    restored: 0,
    copied: 0,
    app: new StreamsApp(countClicks(), {
      applicationId: 'app',
      log,
      stateDir: path.join(dir, name),
      acceptableRecoveryLag: 20,
      stateRestoreListener: {
        onRestoreEnd: ({ taskId }, records) => {
          if (isCopy(counted.app, taskId)) counted.copied += records;
          else counted.restored += records;
        },
      },
      ...config,
    }),
  };
  await counted.app.start();
  return counted;
}

function isCopy(app: StreamsApp, taskId: string): boolean {
  return app.standbyTaskIds.includes(taskId);
}

/** How many tasks an instance has opened so far. */
function opened({ app }: Counted): number {
  return app.readMetrics().find(({ name }) => name === 'task-created-total')!.value;
}

const shares = (apps: readonly Counted[]): number[] => apps.map(({ app }) => app.taskIds.length);

async function click(log: EmbeddedLog): Promise<void> {
  await write(
    log,
    clicks,
    keys.map((key) => [key, 'x'] as const),
  );
  await caughtUp(log, 'app', 'clicks');
}

// Kafka Streams: KIP-441, acceptable.recovery.lag and max.warmup.replicas.
test('a task moves to a new instance only once a copy there has caught up', async () => {
  await withLog(async (log, dir) => {
    await log.admin.createTopics(topics(partitions));
    const one = await start(log, dir, 'one');
    await click(log);
    expect(one.app.taskIds).toHaveLength(partitions);
    const two = await start(log, dir, 'two');
    await eventually('tasks are shared', () => shares([one, two]).join() === '3,3');
    await click(log);
    expect(two.copied).toBeGreaterThan(200);
    expect(two.restored).toBeLessThanOrEqual(3 * 20);
    await Promise.all([one.app.close(), two.app.close()]);
    const results = await readTopic(log, counts);
    expect(last(results)).toEqual(Object.fromEntries(keys.map((key) => [key, 2])));
    expect(results).toHaveLength(2 * keys.length);
  });
});

test('with an endless acceptableRecoveryLag tasks move at once and are restored there', async () => {
  await withLog(async (log, dir) => {
    await log.admin.createTopics(topics(partitions));
    const config = { acceptableRecoveryLag: Number.POSITIVE_INFINITY };
    const one = await start(log, dir, 'one', config);
    await click(log);
    const two = await start(log, dir, 'two', config);
    await eventually('tasks are shared', () => shares([one, two]).join() === '3,3');
    expect(two.copied).toBe(0);
    expect(two.restored).toBeGreaterThan(200);
    await Promise.all([one.app.close(), two.app.close()]);
  });
});

test('a rolling restart of three instances restores nothing where disks survive', async () => {
  await withLog(async (log, dir) => {
    await log.admin.createTopics(topics(partitions));
    const names = ['one', 'two', 'three'];
    const config = { numStandbyReplicas: 1 };
    const apps = [await start(log, dir, names[0]!, config)];
    await click(log);
    for (const name of names.slice(1)) apps.push(await start(log, dir, name, config));
    const settled = (): boolean =>
      shares(apps).join() === '2,2,2' &&
      apps.reduce((sum, { app }) => sum + app.standbyTaskIds.length, 0) === partitions;
    await eventually('tasks and copies are shared', settled);
    let [restored, moved] = [0, 0];
    for (const [at, name] of names.entries()) {
      const others = apps.filter((_, index) => index !== at);
      const before = others.map((one) => ({ one, restored: one.restored, opened: opened(one) }));
      await apps[at]!.app.close();
      await eventually('the others have its tasks', () => shares(others).join() === '3,3');
      await click(log);
      apps[at] = await start(log, dir, name, config);
      await eventually('it has its share again', settled);
      for (const { one, ...had } of before) {
        restored += one.restored - had.restored;
        moved += opened(one) - had.opened;
      }
      restored += apps[at].restored;
      moved += opened(apps[at]);
    }
    // Out and in again, for each of three instances with two tasks; some by way of one that had a copy.
    expect(moved).toBeGreaterThanOrEqual(3 * (2 + 2));
    expect(moved).toBeLessThanOrEqual(3 * (3 + 3));
    // Of 2,400 changelog records; what is little behind is not waited for.
    expect(restored).toBeLessThanOrEqual(moved * 20);
    await Promise.all(apps.map(({ app }) => app.close()));
    expect(last(await readTopic(log, counts))).toEqual(Object.fromEntries(keys.map((key) => [key, 4])));
  });
}, 60_000);
