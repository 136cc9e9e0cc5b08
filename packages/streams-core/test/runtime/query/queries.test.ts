import path from 'node:path';
import { partitionForKey } from '@millrace/log-client';
import {
  isStoreUnavailable,
  json,
  keyValueStore,
  long,
  minutes,
  type Row,
  type StoreUnavailableError,
  StreamsApp,
  StreamsBuilder,
  string,
  type TableUpdate,
  TimeWindows,
  type Windowed,
  topic,
  SessionWindows,
} from '@millrace/streams-core';
import { expect, test } from 'vitest';
import { z } from 'zod';
import { clicks, countClicks, topics } from '../click-counts.ts';
import { caughtUp, eventually, withLog, write } from '../support.ts';

async function collect<T>(items: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = [];
  for await (const item of items) all.push(item);
  return all;
}

/** Clicks counted in all, by minute and by session. */
function countEveryWay() {
  const builder = new StreamsBuilder();
  const byKey = builder.stream(clicks).groupByKey();
  const total = byKey.count({ as: 'total' });
  const byMinute = byKey.windowedBy(TimeWindows.of(minutes(1)).grace(minutes(5))).count({ as: 'by-minute' });
  const sessions = byKey
    .windowedBy(SessionWindows.of(minutes(1)).grace(minutes(5)))
    .count({ as: 'sessions' });
  const latest = byKey.reduce((_, value) => value, { as: 'latest', historyRetentionMs: minutes(60) });
  return { topology: builder.build(), total, byMinute, sessions, latest };
}

test('a running app answers for its tables by key, range, window, session and time', async () => {
  await withLog(async (log, stateDir) => {
    await log.admin.createTopics(topics(3));
    const { topology, total, byMinute, sessions, latest } = countEveryWay();
    const app = new StreamsApp(topology, { applicationId: 'app', log, stateDir });
    await app.start();
    const minute = minutes(1);
    await write(log, clicks, [
      ['ann', 'x', 0],
      ['bob', 'y', 10],
      ['ann', 'z', 30_000],
      ['cat', 'x', minute],
      ['ann', 'w', 3 * minute],
    ]);
    await caughtUp(log, 'app', 'clicks');

    const totals = app.store(total);
    expect(await totals.get('ann')).toBe(3);
    expect(await totals.get('nobody')).toBeUndefined();
    expect(await totals.getRow('ann')).toEqual({ key: 'ann', value: 3, timestamp: 3 * minute });
    const rows = async (iteration: AsyncIterable<{ key: string; value: number }>) =>
      (await collect(iteration)).map(({ key, value }) => `${key} ${value}`);
    expect(await rows(totals.all())).toEqual(['ann 3', 'bob 1', 'cat 1']);
    expect(await rows(totals.range({ from: 'b', to: 'cat', reverse: true }))).toEqual(['cat 1', 'bob 1']);
    expect(await rows(totals.prefixScan(Buffer.from('b')))).toEqual(['bob 1']);
    expect(await totals.approximateCount()).toBe(3);

    const minutely = app.store(byMinute);
    expect(await minutely.get('ann', { start: 0 })).toBe(2);
    const windowsOf = (found: readonly Row<Windowed<string>, number>[]) =>
      found.map(({ key: { key, window }, value }) => `${key} ${window.start}-${window.end} ${value}`);
    expect(windowsOf(await minutely.fetch('ann'))).toEqual(['ann 0-60000 2', 'ann 180000-240000 1']);
    expect(windowsOf(await minutely.fetch('ann', { from: 1, reverse: true }))).toEqual([
      'ann 180000-240000 1',
    ]);
    expect(windowsOf(await collect(minutely.fetchAll({ to: minute })))).toEqual([
      'ann 0-60000 2',
      'bob 0-60000 1',
      'cat 60000-120000 1',
    ]);

    const visits = app.store(sessions);
    expect(windowsOf(await visits.fetch('ann'))).toEqual(['ann 0-30000 2', 'ann 180000-180000 1']);
    expect(await visits.get('ann', { start: 0, end: 30_000 })).toBe(2);
    expect(await visits.approximateCount()).toBe(4);

    const history = app.store(latest);
    expect(await history.get('ann')).toBe('w');
    expect((await history.getRow('ann', { asOf: 29_999 }))?.value).toBe('x');
    expect((await history.versions('ann')).map(({ value }) => value)).toEqual(['x', 'z', 'w']);
    await expect(totals.getRow('ann', { asOf: 1 })).rejects.toThrow('historyRetentionMs');

    expect(await app.store(keyValueStore({ name: 'total', key: string(), value: long() })).get('bob')).toBe(
      1,
    );
    expect(await app.store('total').get('bob')).toBe(1);
    expect(() => app.store('totals')).toThrow('it has total, by-minute, sessions, latest');
    await app.close();
    await expect(totals.get('ann')).rejects.toMatchObject({ code: 'APP_STATE' });
  });
});

test('what is not committed shows to those who ask for the latest only', async () => {
  await withLog(async (log) => {
    await log.admin.createTopics([{ name: 'in', partitions: 1 }]);
    const input = topic('in', { key: string(), value: string() });
    const builder = new StreamsBuilder();
    let release = (): void => {};
    const gate = new Promise<void>((resolve) => {
      release = resolve;
    });
    const table = builder
      .stream(input)
      .groupByKey()
      .reduce((_, value) => value, { as: 'last', persistent: false });
    // The row is stored, and the task waits: nothing can be committed.
    table.toStream().peek((value) => (value === 'second' ? gate : undefined));
    const app = new StreamsApp(builder.build(), { applicationId: 'app', log });
    const committed = app.store(table, { timeoutMs: 0 });
    const latest = app.store(table, { isolation: 'latest' });
    await app.start();
    await write(log, input, [['k', 'first']]);
    await caughtUp(log, 'app', 'in');
    await write(log, input, [['k', 'second']]);
    await eventually('the second is there', async () => (await latest.get('k')) === 'second');
    expect(await committed.get('k')).toBe('first');
    expect((await collect(committed.all())).map(({ value }) => value)).toEqual(['first']);
    expect((await collect(latest.all())).map(({ value }) => value)).toEqual(['second']);
    await expect(
      app.store(table, { atLeast: [{ topic: 'in', partition: 0, offset: 1 }], timeoutMs: 50 }).get('k'),
    ).rejects.toMatchObject({ code: 'STORE_BEHIND', retriable: true });
    const sees = app.store(table, { atLeast: [{ topic: 'in', partition: 0, offset: 1 }], timeoutMs: 10_000 });
    const seen = sees.get('k');
    release();
    expect(await seen).toBe('second');
    await app.close();
  });
});

test('who wrote a record sees its effect', async () => {
  await withLog(async (log) => {
    await log.admin.createTopics(topics(2));
    const builder = new StreamsBuilder();
    const table = builder.stream(clicks).groupByKey().count({ as: 'c', persistent: false });
    const running = new StreamsApp(builder.build(), { applicationId: 'app', log });
    await running.start();
    const offsets = [0, 0];
    const key = 'ann';
    const partition = partitionForKey(Buffer.from(key), 2);
    for (let n = 1; n <= 50; n++) {
      await write(log, clicks, [[key, 'x']]);
      const atLeast = [{ topic: 'clicks', partition, offset: offsets[partition]!++ }];
      expect(await running.store(table, { atLeast, timeoutMs: 10_000 }).get(key)).toBe(n);
    }
    await expect(
      running.store(table, { atLeast: [{ topic: 'other', partition, offset: 0 }] }).get(key),
    ).rejects.toThrow('does not read');
    await running.close();
  });
});

test('rows that are elsewhere are named with where, and copies may be read where that is asked for', async () => {
  await withLog(async (log, dir) => {
    await log.admin.createTopics(topics(4));
    const start = async (name: string) => {
      const app = new StreamsApp(countClicks(), {
        applicationId: 'app',
        log,
        stateDir: path.join(dir, name),
        applicationServer: `${name}:1`,
        numStandbyReplicas: 1,
      });
      await app.start();
      return app;
    };
    const [one, two] = [await start('one'), await start('two')];
    await eventually('tasks are shared', () => one.taskIds.length === 2 && two.taskIds.length === 2);
    const keys = Array.from({ length: 20 }, (_, n) => `key-${n}`);
    await write(
      log,
      clicks,
      keys.map((key) => [key, 'x'] as const),
    );
    await caughtUp(log, 'app', 'clicks');
    const name = 'clicks-per-key';
    const ask = (app: StreamsApp, key: string, options = {}) =>
      app.store(keyValueStore({ name, key: string(), value: long() }), options).get(key);
    for (const key of keys) {
      const { activeHost } = one.queryMetadataForKey({ store: name, key })!;
      const [owner, other] = activeHost === 'one:1' ? [one, two] : [two, one];
      await eventually('the owner answers', async () => (await ask(owner, key).catch(() => 0)) === 1);
      const refused = await ask(other, key).catch((error: unknown) => error);
      expect(isStoreUnavailable(refused)).toBe(true);
      expect(refused).toMatchObject({ code: 'STORE_MOVED', host: activeHost });
      expect((refused as StoreUnavailableError).message).toContain(activeHost);
      const atLeast = [{ topic: 'clicks', partition: 0, offset: 0 }];
      await eventually('a copy cannot judge positions', async () => {
        const error = await ask(other, key, { stale: { maxLag: 1e9 }, atLeast }).catch((one: unknown) => one);
        return (error as Error).message.includes('atLeast cannot be judged');
      });
      await eventually(
        'the copy has it',
        async () => (await ask(other, key, { stale: { maxLag: 0 } }).catch(() => 0)) === 1,
      );
      // A copy says how far it is behind; the owner of the row need not.
      const spec = keyValueStore({ name, key: string(), value: long() });
      const stale = { stale: { maxLag: 1e9 } };
      expect(await other.store(spec, stale).getRow(key)).toMatchObject({ value: 1, lag: 0 });
      expect(await owner.store(spec, stale).getRow(key)).not.toHaveProperty('lag');
    }
    const scanned = [...(await collect(one.store(name).all())), ...(await collect(two.store(name).all()))];
    expect(new Set(scanned.map(({ key }) => key))).toEqual(new Set(keys));
    expect(scanned).toHaveLength(keys.length);
    await one.close();
    await two.close();
  });
});

test('a global table answers on every instance', async () => {
  await withLog(async (log) => {
    const names = topic('names', { key: string(), value: json(z.object({ name: z.string() })) });
    await log.admin.createTopics([
      { name: 'names', partitions: 2 },
      { name: 'greetings', partitions: 1 },
      ...topics(1),
    ]);
    const builder = new StreamsBuilder();
    const table = builder.globalTable(names, { as: 'names' });
    builder
      .stream(clicks)
      .join(
        table,
        (_, key) => key,
        (value, { name }) => `${value} ${name}`,
      )
      .to(topic('greetings', { key: string(), value: string() }));
    const app = new StreamsApp(builder.build(), { applicationId: 'app', log });
    await app.start();
    await write(log, names, [
      ['a', { name: 'Ann' }],
      ['b', { name: 'Bob' }],
    ]);
    const store = app.store(table);
    await eventually('it is there', async () => (await store.get('b')) !== undefined);
    expect((await store.get('a'))?.name).toBe('Ann');
    expect((await collect(store.all())).map(({ key }) => key)).toEqual(['a', 'b']);
    await app.close();
  });
});

test('table$ gives all rows and then what every commit changes, over tasks that come and go', async () => {
  await withLog(async (log, dir) => {
    await log.admin.createTopics(topics(4));
    const build = () => {
      const builder = new StreamsBuilder();
      const table = builder.stream(clicks).groupByKey().count({ as: 'clicks-per-key' });
      return { topology: builder.build(), table };
    };
    const replicas: Map<string, number>[] = [];
    const start = async (name: string) => {
      const { topology, table } = build();
      const app = new StreamsApp(topology, { applicationId: 'app', log, stateDir: path.join(dir, name) });
      const replica = new Map<string, number>();
      replicas.push(replica);
      const state = { complete: false };
      app.table$(table).subscribe({
        next: (update: TableUpdate<string, number>) => {
          if (update.type === 'gone') {
            for (const key of replica.keys())
              if (partitionForKey(Buffer.from(key), 4) === update.partition) replica.delete(key);
            return;
          }
          for (const { key, value } of update.rows) {
            if (value === undefined) replica.delete(key);
            else replica.set(key, value);
          }
        },
        complete: () => {
          state.complete = true;
        },
      });
      await app.start();
      return { app, state };
    };
    const one = await start('one');
    const keys = Array.from({ length: 20 }, (_, n) => `key-${n}`);
    const round = () =>
      write(
        log,
        clicks,
        keys.map((key) => [key, 'x'] as const),
      );
    const agree = (count: number) =>
      eventually('all replicas together are the table', () => {
        const rows = replicas.flatMap((replica) => [...replica]);
        return rows.length === keys.length && rows.every(([, value]) => value === count);
      });
    await round();
    await agree(1);
    const two = await start('two');
    await round();
    await agree(2);
    await two.app.close();
    expect(two.state.complete).toBe(true);
    replicas.pop();
    await round();
    await agree(3);
    await one.app.close();
  });
});
