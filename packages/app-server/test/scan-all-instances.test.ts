import { freePort } from '@millrace/free-ports';
import { minutes, type Row, type TimeQuery, type Windowed } from '@millrace/streams-core';
import { expect, test } from 'vitest';
import { queryApp } from '../src/index.ts';
import { clicks, eventually, get, newLog, send, start } from './support.ts';

const minute = minutes(1);
const token = 'a-token-of-some-length';
const headers = { authorization: `Bearer ${token}` };

/** Two instances, and clicks of twelve keys in three windows, of which each page takes five. */
async function twoInstances() {
  const log = await newLog(4);
  const ports = [await freePort(), await freePort()];
  const started = [];
  for (const port of ports) {
    const config = { applicationServer: `127.0.0.1:${port}` };
    started.push(await start(log, config, { port, token, maxRows: 5 }));
  }
  const [one, two] = started as [(typeof started)[number], (typeof started)[number]];
  await eventually('tasks are shared', () => one.app.taskIds.length === two.app.taskIds.length);
  const keys = Array.from({ length: 12 }, (_, n) => `key-${n}`);
  const times = [0, 5 * minute, 10 * minute];
  await send(
    log,
    clicks,
    times.flatMap((time) => keys.map((key) => [key, 'x', time] as const)),
  );
  const inputs = [0, 1, 2, 3].map((partition) => ({ topic: clicks.name, partition }));
  await eventually('all is counted', async () => {
    const committed = await log.admin.committed('app', inputs);
    return committed.reduce((sum, one4) => sum + (one4?.offset ?? 0), 0) === keys.length * times.length;
  });
  return { one, two, keys: keys.toSorted(), times };
}

async function collect(rows: AsyncIterable<Row<Windowed<string>, number>>): Promise<string[]> {
  const found: string[] = [];
  for await (const { key, value } of rows) found.push(`${key.key} ${key.window.start} ${value}`);
  return found;
}

test('windows and sessions of all instances come merged, page after page', { timeout: 30_000 }, async () => {
  const { one, two, keys, times } = await twoInstances();
  const all = times.flatMap((time) => keys.map((key) => `${key} ${time} 1`));
  const later = times.slice(1).flatMap((time) => keys.map((key) => `${key} ${time} 1`));
  for (const { app, perMinute, sessions } of [one, two]) {
    const asked = queryApp(app, { token });
    const both = async (span?: TimeQuery) => [
      await collect(asked.fetchAll(perMinute, span)),
      await collect(asked.fetchAll(sessions, span)),
    ];
    expect(await both()).toEqual([all, all]);
    expect(await both({ reverse: true })).toEqual([all.toReversed(), all.toReversed()]);
    expect(await both({ from: 5 * minute })).toEqual([later, later]);
    expect(await both({ from: 5 * minute, to: 6 * minute, reverse: true })).toEqual(
      [later, later].map((rows) => rows.slice(0, keys.length).toReversed()),
    );
  }
});

interface PageAnswer {
  readonly rows: readonly { readonly key: string; readonly window?: { readonly start: number } }[];
  readonly more: boolean;
  readonly next?: string;
}

test('over HTTP with scope=application, from one page to the next', { timeout: 30_000 }, async () => {
  const { one, two, keys, times } = await twoInstances();
  for (const { server } of [one, two]) {
    const pages = async (path: string): Promise<string[]> => {
      const found: string[] = [];
      for (let after = ''; ; ) {
        const { status, body } = await get(`${server.url}/stores/${path}${after}`, headers);
        expect(status).toBe(200);
        const page = body as unknown as PageAnswer;
        expect(page.more).toBe(page.next !== undefined);
        found.push(...page.rows.map(({ key, window }) => (window ? `${key} ${window.start}` : key)));
        if (page.next === undefined) return found;
        after = `&after=${page.next}`;
      }
    };
    const windows = times.flatMap((time) => keys.map((key) => `${key} ${time}`));
    expect(await pages('total/rows?scope=application')).toEqual(keys);
    expect(await pages('total/rows?scope=application&reverse=true')).toEqual(keys.toReversed());
    expect(await pages('total/rows?scope=application&from=key-11&to=key-3')).toEqual(keys.slice(3, 6));
    for (const store of ['per-minute', 'sessions']) {
      expect(await pages(`${store}/rows?scope=application`)).toEqual(windows);
      expect(await pages(`${store}/rows?scope=application&reverse=true`)).toEqual(windows.toReversed());
      expect(await pages(`${store}/rows?scope=application&from=300000&to=300000`)).toEqual(
        windows.slice(keys.length, 2 * keys.length),
      );
    }
  }
  // Of one instance: its share, page after page too.
  const share = async (url: string): Promise<number> => {
    const { body } = await get(`${url}/stores/total/rows`, headers);
    return body.rows.length + (body.more ? 1 : 0);
  };
  expect(await share(one.server.url)).toBeGreaterThan(0);
  const wrong = await get(`${one.server.url}/stores/total/rows?after=here`, headers);
  expect(wrong).toMatchObject({ status: 400, body: { message: expect.stringContaining('after=here') } });
  const prefix = await get(`${one.server.url}/stores/total/rows?scope=application&prefix=k`, headers);
  expect(prefix).toMatchObject({ status: 400 });
});
