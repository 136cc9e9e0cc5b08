import { mkdir, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { partitionForKey } from '@millrace/log-client';
import { keyValueStore, long, StreamsApp, StreamsBuilder, string } from '@millrace/streams-core';
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
    let release = (): void => {};
    const gate = new Promise<void>((resolve) => {
      release = resolve;
    });
    const build = (hang: boolean) => {
      const builder = new StreamsBuilder();
      builder
        .stream(clicks)
        .peek((value) => {
          if (!hang) return;
          hanging.push(value);
          return gate;
        })
        .mapValues(() => (hang ? 1 : 2))
        .to(counts);
      return builder.build();
    };
    const stuck = new StreamsApp(build(true), { applicationId: 'app', log, maxPollIntervalMs: 200 });
    await stuck.start();
    await write(log, clicks, [['a', 'x']]);
    await eventually('it hangs', () => hanging.length === 1);
    const successor = new StreamsApp(build(false), { applicationId: 'app', log });
    await successor.start();
    await caughtUp(log, 'app', 'clicks');
    release();
    // Whatever it still wants to commit, it has tried by then.
    await stuck.close();
    expect(await readTopic(log, counts)).toEqual([{ key: 'a', value: 2 }]);
    await successor.close();
  });
});

test('know of each other: who has which tasks, and where the row of a key is', async () => {
  await withLog(async (log, stateDir) => {
    await log.admin.createTopics(topics(4));
    const start = async (applicationServer: string) => {
      const dir = path.join(stateDir, applicationServer.replace(':', ' '));
      const app = new StreamsApp(countClicks(), {
        applicationId: 'app',
        log,
        stateDir: dir,
        applicationServer,
      });
      expect(app.metadataForAllStreamsClients()).toEqual([]);
      expect(app.queryMetadataForKey({ store: 'clicks-per-key', key: 'a' })).toBe(undefined);
      await app.start();
      return app;
    };
    const one = await start('first:1');
    await eventually('it has all', () => one.metadataForAllStreamsClients()[0]?.tasks.length === 4);
    const two = await start('second:2');
    await eventually('both know of both', () =>
      [one, two].every((app) => app.metadataForAllStreamsClients().length === 2),
    );
    await eventually('tasks are shared', () => one.taskIds.length === 2 && two.taskIds.length === 2);
    for (const app of [one, two]) {
      const tasks = Object.fromEntries(
        app.metadataForAllStreamsClients().map((each) => [each.host, each.tasks.toSorted()]),
      );
      expect(tasks).toEqual({ 'first:1': one.taskIds.toSorted(), 'second:2': two.taskIds.toSorted() });
      for (const key of ['a', 'b', 'c', 'd', 'e']) {
        const found = app.queryMetadataForKey({ store: 'clicks-per-key', key })!;
        expect(found.partition).toBe(partitionForKey(Buffer.from(key), 4));
        expect(found.task).toBe(`0_${found.partition}`);
        expect(found.standbyHosts).toEqual([]);
        expect(found.activeHost).toBe(one.taskIds.includes(found.task) ? 'first:1' : 'second:2');
      }
      const chosen = app.queryMetadataForKey({ store: 'clicks-per-key', key: 'a', partitioner: () => 3 });
      expect(chosen?.task).toBe('0_3');
      expect(() => app.queryMetadataForKey({ store: 'nothing', key: 'a' })).toThrow(
        new RegExp(`There is no store "nothing".*: clicks-per-key$`),
      );
    }
    await two.close();
    await eventually('the other hears of it', () => one.metadataForAllStreamsClients().length === 1);
    await one.close();
    expect(one.metadataForAllStreamsClients()).toEqual([]);
  });
});

test('keep copies of each other’s stores, and take over without restoring', async () => {
  await withLog(async (log, stateDir) => {
    await log.admin.createTopics(topics(4));
    const restored: number[] = [];
    const start = async (name: string) => {
      const app = new StreamsApp(countClicks(), {
        applicationId: 'app',
        log,
        stateDir: path.join(stateDir, name),
        applicationServer: `${name}:1`,
        numStandbyReplicas: 1,
        pollMs: 10,
        stateRestoreListener: { onRestoreEnd: (_restore, records) => void restored.push(records) },
      });
      await app.start();
      return app;
    };
    const keys = Array.from({ length: 40 }, (_, n) => `key-${n}`);
    const click = async () => {
      await write(
        log,
        clicks,
        keys.map((key) => [key, 'x'] as const),
      );
      await caughtUp(log, 'app', 'clicks');
    };
    const [one, two] = [await start('one'), await start('two')];
    const sorted = (names: readonly string[]) => names.toSorted();
    await eventually('each keeps what the other works on', () =>
      [
        [one, two],
        [two, one],
      ].every(
        ([mine, other]) =>
          other!.taskIds.length === 2 &&
          String(sorted(mine!.standbyTaskIds)) === String(sorted(other!.taskIds)),
      ),
    );
    expect(one.metadataForAllStreamsClients().map(({ standbyTasks }) => standbyTasks.length)).toEqual([2, 2]);
    const found = one.queryMetadataForKey({ store: 'clicks-per-key', key: 'key-0' })!;
    expect(new Set([found.activeHost, ...found.standbyHosts])).toEqual(new Set(['one:1', 'two:1']));
    await click();
    await click();
    const spec = keyValueStore({ name: 'clicks-per-key', key: string(), value: long() });
    const copies = two.store(spec, { stale: { maxLag: 1e9 } });
    await eventually('the copies have all that the other has committed', async () => {
      const read = keys.map((key) => copies.get(key));
      const rows = await Promise.all(read).catch(() => []);
      return rows.length > 0 && rows.every((clicked) => clicked === 2);
    });
    restored.length = 0;
    await one.close();
    await eventually('the other has all', () => two.taskIds.length === 4 && two.standbyTaskIds.length === 0);
    expect(restored).toEqual([]);
    await click();
    const three = await start('one');
    await eventually('it is shared again', () => two.taskIds.length === 2 && three.taskIds.length === 2);
    await click();
    await Promise.all([two.close(), three.close()]);
    expect(last(await readTopic(log, counts))).toEqual(Object.fromEntries(keys.map((key) => [key, 4])));
  });
});

// The two wait for seconds: side by side.
test.concurrent('two instances with standbys in one stateDir are refused by name', async () => {
  await withLog(async (log, stateDir) => {
    await log.admin.createTopics(topics(2));
    const make = () =>
      new StreamsApp(countClicks(), { applicationId: 'app', log, stateDir, numStandbyReplicas: 1 });
    const [one, two, three] = [make(), make(), make()];
    await one.start();
    await expect(two.start()).rejects.toThrow(
      /^StreamsApp: with "numStandbyReplicas" each instance needs a "stateDir" of its own: .*app.instance/,
    );
    await one.close();
    await three.start();
    await three.close();
  });
});

test.concurrent('a standby task that fails is warned of, and started again', async () => {
  const warnings: string[] = [];
  const keep = ({ name, message }: Error): void => {
    if (name === 'MillraceWarning' && message.startsWith('Standby task')) warnings.push(message);
  };
  process.on('warning', keep);
  await withLog(async (log, dir) => {
    await log.admin.createTopics(topics(1));
    const start = async (name: string) => {
      const stateDir = path.join(dir, name);
      const options = { applicationId: 'app', log, stateDir, numStandbyReplicas: 1, pollMs: 10 };
      const app = new StreamsApp(countClicks(), options);
      await app.start();
      return app;
    };
    const one = await start('one');
    await eventually('it works', () => one.taskIds.length === 1);
    // A file is where the folder of the task should be.
    await mkdir(path.join(dir, 'two/app'), { recursive: true });
    await writeFile(path.join(dir, 'two/app/0_0'), '');
    const two = await start('two');
    await eventually('it is warned of', () => warnings.length > 0);
    expect(warnings[0]).toMatch(/^Standby task 0_0 failed; retrying in 10 s: .*0_0/);
    expect(two.state).toBe('running');
    await rm(path.join(dir, 'two/app/0_0'));
    await eventually('it is kept', () => two.standbyTaskIds.length === 1, { withinMs: 20_000 });
    await Promise.all([one.close(), two.close()]);
  });
  process.off('warning', keep);
  expect(warnings).toHaveLength(1);
});
