import { request } from 'node:http';
import { freePort } from '@millrace/free-ports';
import { minutes, type RangeQuery } from '@millrace/streams-core';
import { describe, expect, test } from 'vitest';
import { queryApp, serveApp } from '../src/index.ts';
import { blobs, clicks, events, eventually, get, newLog, numbers, send, start } from './support.ts';

const minute = minutes(1);

describe('stores over HTTP', () => {
  test('answer by key, range, prefix, window, session and version', async () => {
    const log = await newLog(2);
    const { server } = await start(log);
    await send(log, clicks, [
      ['ann', 'x', 0],
      ['ann', 'y', 10],
      ['bob/ü', 'x', 20],
      ['ann', 'z', 3 * minute],
    ]);
    await send(
      log,
      numbers,
      [[7, { n: 7 }]],
      [
        { key: 'from', value: Buffer.from('shop é') },
        { key: 'none', value: null },
      ],
    );
    await send(log, blobs, [[Buffer.of(0, 255), 'binary']]);
    const ask = (path: string) => get(`${server.url}/stores/${path}`);
    await eventually('all is there', async () => (await ask('total/rows/ann')).body.value === 3);
    expect(await ask('total/rows/ann')).toMatchObject({
      status: 200,
      body: { key: 'ann', value: 3, timestamp: 3 * minute },
    });
    expect((await ask(`total/rows/${encodeURIComponent('bob/ü')}`)).body.value).toBe(1);
    expect(await ask('total/rows/nobody')).toMatchObject({ status: 404, body: { code: 'ROW_MISSING' } });
    expect(await ask('nothing/rows/a')).toMatchObject({
      status: 404,
      body: { code: 'TOPOLOGY_STORE_MISSING' },
    });
    await eventually('the others too', async () => (await ask('by-blob/rows')).body.rows.length === 1);
    expect((await ask('by-number/rows/7')).body).toMatchObject({
      key: 7,
      value: { n: 7 },
      headers: [
        { key: 'from', value: 'shop é' },
        { key: 'none', value: null },
      ],
    });
    expect(await ask('by-number/rows/seven')).toMatchObject({ status: 400 });
    expect((await ask('by-number/rows/seven')).body.message).toContain(
      '"seven" is no key of store "by-number"',
    );
    expect((await ask(`by-blob/rows/${encodeURIComponent('AP8=')}`)).body).toMatchObject({
      key: 'AP8=',
      value: 'binary',
    });

    const keys = async (path: string) => (await ask(path)).body.rows.map(({ key }) => key);
    expect(await keys('total/rows')).toEqual(['ann', 'bob/ü']);
    expect(await keys('total/rows?from=b')).toEqual(['bob/ü']);
    expect(await keys('total/rows?reverse=true&limit=1')).toEqual(['bob/ü']);
    expect((await ask('total/rows?limit=1')).body.more).toBe(true);
    expect(await keys('total/rows?prefix=an')).toEqual(['ann']);
    expect(await ask('total/rows?limit=none')).toMatchObject({
      status: 400,
      body: { code: 'REQUEST_INVALID' },
    });

    expect((await ask('per-minute/rows/ann')).body.rows).toEqual([
      { key: 'ann', value: 2, timestamp: 10, window: { start: 0, end: minute } },
      { key: 'ann', value: 1, timestamp: 3 * minute, window: { start: 3 * minute, end: 4 * minute } },
    ]);
    expect((await ask(`per-minute/rows/ann?from=1`)).body.rows).toHaveLength(1);
    expect((await ask('sessions/rows?to=100')).body.rows.map(({ window }) => window)).toEqual([
      { start: 0, end: 10 },
      { start: 20, end: 20 },
    ]);
    expect((await ask('latest/rows/ann?asOf=5')).body.value).toBe('x');
    expect((await ask('latest/rows/ann')).body.value).toBe('z');
    expect(
      (JSON.parse((await get(`${server.url}/stores`)).text) as { name: string }[]).map(({ name }) => name),
    ).toEqual(expect.arrayContaining(['total', 'per-minute', 'sessions', 'latest', 'by-number', 'by-blob']));
    expect(await get(`${server.url}/nothing`)).toMatchObject({ status: 404, body: { code: 'NOT_FOUND' } });
    const described = (await get(`${server.url}/openapi.json`)).body;
    expect(Object.keys(described.paths)).toEqual(
      expect.arrayContaining([
        '/healthz',
        '/readyz',
        '/stores',
        '/stores/{store}/rows',
        '/stores/{store}/rows/{key}',
      ]),
    );
  });

  test('of several instances: each answers, the one that has the rows by itself', async () => {
    const log = await newLog(4);
    const ports = [await freePort(), await freePort()];
    const [one, two] = [
      await start(
        log,
        { applicationServer: `127.0.0.1:${ports[0]}` },
        { port: ports[0]!, token: 'a-token-of-some-length', maxRows: 5 },
      ),
      await start(
        log,
        { applicationServer: `127.0.0.1:${ports[1]}` },
        { port: ports[1]!, token: 'a-token-of-some-length', maxRows: 5 },
      ),
    ];
    await eventually('tasks are shared', () => one.app.taskIds.length === two.app.taskIds.length);
    const keys = Array.from({ length: 20 }, (_, n) => `key-${n}`);
    await send(
      log,
      clicks,
      keys.map((key) => [key, 'x', 0] as const),
    );
    await send(log, blobs, [[Buffer.of(1, 2, 3), 'binary']]);
    const rowHeaders = [
      { key: 'from', value: Buffer.of(0, 255) },
      { key: 'none', value: null },
    ];
    await send(log, numbers, [[7, { n: 7 }]], rowHeaders);
    const headers = { authorization: 'Bearer a-token-of-some-length' };
    for (const { server } of [one, two]) {
      for (const key of keys) {
        await eventually('it answers', async () => {
          const { status, body } = await get(`${server.url}/stores/total/rows/${key}`, headers);
          return status === 200 && body.value === 1;
        });
      }
    }
    const hop = { ...headers, 'x-millrace-forwarded': '1' };
    const own = await Promise.all(
      [one, two].flatMap(({ server }) =>
        keys.map((key) => get(`${server.url}/stores/total/rows/${key}`, hop)),
      ),
    );
    // Each key is with one of the two.
    expect(own.filter(({ status }) => status === 200)).toHaveLength(keys.length);
    const away = own.find(({ status }) => status !== 200)!;
    expect(away).toMatchObject({ status: 503, body: { code: 'STORE_MOVED', retriable: true } });
    expect(ports).toContain(Number(away.body.host.split(':')[1]));
    expect(away.headers.get('retry-after')).toBe('1');

    for (const { app, total, perMinute, byBlob, byNumber } of [one, two]) {
      const queries = queryApp(app, { token: 'a-token-of-some-length' });
      for (const key of keys) {
        expect(await queries.get(total, key)).toEqual({ key, value: 1, timestamp: 0 });
        expect(await queries.fetch(perMinute, key)).toEqual([
          { key: { key, window: { start: 0, end: minute } }, value: 1, timestamp: 0 },
        ]);
      }
      expect(await queries.get(total, 'nobody')).toBeUndefined();
      await eventually('bytes come as bytes', async () => {
        const found = await queries.get(byBlob, Buffer.of(1, 2, 3));
        return found?.value === 'binary';
      });
      await eventually('a row comes', async () => (await queries.get(byNumber, 7)) !== undefined);
      const row = { key: 7, value: { n: 7 }, timestamp: 0, headers: rowHeaders };
      expect(await queries.get(byNumber, 7)).toEqual(row);
      for await (const found of queries.range(byNumber)) expect(found).toEqual(row);
    }
    // Scans go over all instances, page after page (a page has five rows here).
    for (const { app, total } of [one, two]) {
      const asked = queryApp(app, { token: 'a-token-of-some-length' });
      const found = async (query?: RangeQuery<string>) => {
        const rows: string[] = [];
        for await (const { key, value } of asked.range(total, query)) rows.push(`${key}=${value}`);
        return rows;
      };
      const all = keys.toSorted().map((key) => `${key}=1`);
      expect(await found()).toEqual(all);
      expect(await found({ reverse: true })).toEqual(all.toReversed());
      const [low, high] = [keys.toSorted()[3]!, keys.toSorted()[9]!];
      expect(await found({ from: low, to: high })).toEqual(all.slice(3, 10));
    }
    const refused = await Promise.all(
      [one, two].flatMap(({ app, total }) => {
        const strangers = queryApp(app, { token: 'another-token-of-some-length' });
        return keys.map((key) => strangers.get(total, key).catch((error: unknown) => error));
      }),
    );
    expect(refused).toContainEqual(expect.objectContaining({ code: 'QUERY_REFUSED' }));

    // A stream of a row that is elsewhere goes on, whatever the client says that it accepts.
    const theirs = keys[own.findIndex(({ status }) => status !== 200) % keys.length]!;
    for (const { server } of [one, two]) {
      const stop = new AbortController();
      const stream = await fetch(`${server.url}/stores/total/changes/${theirs}`, {
        headers,
        signal: stop.signal,
      });
      const first = await stream.body!.getReader().read();
      expect(Buffer.from(first.value!).toString()).toContain(`"key":"${theirs}","value":1`);
      stop.abort();
    }

    // A server that is gone is named by the other.
    const [gone, left] = away.body.host.endsWith(`:${ports[1]}`) ? [two, one] : [one, two];
    await gone.server.close();
    const lost = keys.map((key) => get(`${left.server.url}/stores/total/rows/${key}`, headers));
    const failed = (await Promise.all(lost)).find(({ status }) => status === 502);
    expect(failed?.body).toMatchObject({ code: 'FORWARD_FAILED', retriable: true, host: away.body.host });
  });

  test('changes come as events: first what is there, then what each commit changes', async () => {
    const log = await newLog(1);
    const { server } = await start(log);
    await send(log, clicks, [
      ['ann', 'x'],
      ['bob', 'x'],
    ]);
    const table = new Map<string, number>();
    await eventually(
      'they are there',
      async () => (await get(`${server.url}/stores/total/rows`)).body.rows.length === 2,
    );
    const stop = new AbortController();
    const kinds: string[] = [];
    const follow = async (): Promise<void> => {
      for await (const { event, data } of events(`${server.url}/stores/total/changes`, stop.signal)) {
        kinds.push(event);
        for (const { key, value } of data?.rows ?? []) table.set(key, value);
      }
    };
    const followed = follow().catch(() => {});
    const row: unknown[] = [];
    const followRow = async (): Promise<void> => {
      for await (const { data } of events(`${server.url}/stores/total/changes/cat`, stop.signal))
        row.push(data?.value ?? null);
    };
    const followedRow = followRow().catch(() => {});
    await eventually('the snapshot came', () => table.size === 2 && row.length === 1);
    for (let n = 0; n < 5; n++) await send(log, clicks, [['cat', 'x']]);
    await eventually('the changes came', () => table.get('cat') === 5 && row.at(-1) === 5);
    expect(kinds[0]).toBe('snapshot');
    expect(new Set(kinds.slice(1))).toEqual(new Set(['changes']));
    expect(row[0]).toBeNull();
    stop.abort();
    await Promise.all([followed, followedRow]);
    expect((await get(`${server.url}/stores/per-minute/changes/ann`)).status).toBe(400);
  });
});

describe('who may ask', () => {
  test('nobody without the token but for health, nobody by another name, no page of another site', async () => {
    const log = await newLog(1);
    const { app, server } = await start(log, {}, { token: 'a-token-of-some-length' });
    const { url, port } = server;
    for (const authorization of ['', 'Bearer', 'Bearer wrong', 'Bearer a-token-of-some-lengthy'])
      expect(await get(`${url}/stores`, { authorization })).toMatchObject({
        status: 401,
        body: { code: 'TOKEN_NEEDED' },
      });
    expect((await get(`${url}/metrics`)).status).toBe(401);
    expect((await get(`${url}/healthz`)).status).toBe(200);
    const headers = { authorization: 'Bearer a-token-of-some-length' };
    const good = await get(`${url}/stores`, { ...headers, origin: 'https://elsewhere.example' });
    expect(good.status).toBe(200);
    expect(good.headers.get('access-control-allow-origin')).toBeNull();
    const asked = (host: string, path = '/stores'): Promise<number> =>
      new Promise((resolve, reject) => {
        const sent = request({ port, host: '127.0.0.1', path, headers: { ...headers, host } }, (answer) => {
          answer.resume();
          resolve(answer.statusCode!);
        });
        sent.on('error', reject).end();
      });
    expect(await asked('evil.example')).toBe(403);
    expect(await asked(`evil.example:${port}`)).toBe(403);
    expect(await asked(`localhost:${port}`)).toBe(200);
    // Probes come by an address: they learn how it is, not why.
    expect(await asked('10.0.0.7:8080', '/healthz')).toBe(200);
    await app.close();
    expect((await get(`${url}/healthz`)).text).toContain('"reasons":[]');
    expect((await get(`${url}/healthz`, headers)).text).toContain('It was closed.');
  });

  test('pages of sites that are named, and streams up to a limit', async () => {
    const log = await newLog(1);
    const { server } = await start(log, {}, { allowedOrigins: ['https://shop.example'], maxStreams: 1 });
    const answer = await get(`${server.url}/stores`, { origin: 'https://shop.example' });
    expect(answer.headers.get('access-control-allow-origin')).toBe('https://shop.example');
    const other = await get(`${server.url}/stores`, { origin: 'https://elsewhere.example' });
    expect(other.headers.get('access-control-allow-origin')).toBeNull();
    const stop = new AbortController();
    const stream = events(`${server.url}/stores/total/changes`, stop.signal);
    await stream.next();
    expect(await get(`${server.url}/stores/total/changes`)).toMatchObject({
      status: 429,
      body: { code: 'TOO_MANY_STREAMS' },
    });
    stop.abort();
    await stream.next().catch(() => {});
    await eventually('the place is free again', async () => {
      const again = new AbortController();
      const answer = await fetch(`${server.url}/stores/total/changes`, { signal: again.signal });
      again.abort();
      return answer.status === 200;
    });
  });

  test('a port that is taken is named, and what to do', async () => {
    const log = await newLog(1);
    const { app, server } = await start(log);
    await expect(serveApp(app, { port: server.port })).rejects.toMatchObject({
      code: 'CONFIG_INVALID',
      message: expect.stringMatching(
        new RegExp(
          `^Cannot listen on 127.0.0.1:${server.port}: .*EADDRINUSE.* Use another port, or 0 for any$`,
        ),
      ),
    });
  });

  test('wrong options are named', async () => {
    const log = await newLog(1);
    const { app } = await start(log);
    await expect(serveApp(app, { token: 'short' })).rejects.toThrow('16 characters');
    await expect(serveApp(app, { port: -1 })).rejects.toThrow('port');
  });
});

describe('what it does', () => {
  test('Prometheus gets counters, gauges and seconds, by task', async () => {
    const log = await newLog(1);
    const { app, server } = await start(log);
    await send(
      log,
      clicks,
      Array.from({ length: 50 }, () => ['ann', 'x'] as const),
    );
    await eventually(
      'all is there',
      async () => (await get(`${server.url}/stores/total/rows/ann`)).body.value === 50,
    );
    const { status, text: body, headers } = await get(`${server.url}/metrics`);
    expect(status).toBe(200);
    expect(headers.get('content-type')).toContain('text/plain; version=0.0.4');
    expect(body).toContain('# TYPE stream_task_process_total counter');
    expect(body).toContain('# TYPE stream_task_active_buffer_count gauge');
    expect(body).toMatch(/^stream_task_process_total\{client_id="app",task_id="0_0"\} 50$/m);
    expect(body).toMatch(/^stream_thread_commit_latency_max_seconds\{client_id="app"\} 0\.\d+/m);
    expect(body).toMatch(/^stream_state\{client_id="app",state="running"\} 1$/m);
    await app.close();
    expect(await get(`${server.url}/healthz`)).toMatchObject({
      status: 503,
      body: { status: 'closed', live: false },
    });
    expect((await get(`${server.url}/stores/total/rows/ann`)).body).toMatchObject({ code: 'APP_STATE' });
  });
});
