import { readdir, readFile } from 'node:fs/promises';
import { request } from 'node:http';
import { gzipSync } from 'node:zlib';
import { StreamsApp } from '@millrace/streams-core';
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import { inspect, inspectLog } from '../src/index.ts';
import type { Snapshot } from '../src/server/snapshot.ts';
import { openShop } from './support.ts';

const page = new URL('../dist/page/', import.meta.url);
const token = 'a-token-of-some-length';

/** As a page of another site would ask, whose name was pointed at this address. */
function statusFor(url: string, host: string): Promise<number | undefined> {
  return new Promise((resolve, reject) => {
    request(url, { headers: { host } }, (answer) => {
      answer.resume();
      resolve(answer.statusCode);
    })
      .on('error', reject)
      .end();
  });
}

test('the page is small, has no script of its own in the markup, and asks nothing of other hosts', async () => {
  const names = await readdir(page);
  const files = await Promise.all(names.map((name) => readFile(new URL(name, page))));
  expect(gzipSync(Buffer.concat(files)).length).toBeLessThan(60_000);
  const html = files[names.indexOf('index.html')]!.toString();
  expect(html).not.toMatch(/<script(?![^>]*src=)/);
  expect(html).not.toContain('http');
});

/** Relative luminance by WCAG 2. */
function luminance(hex: string): number {
  const [r = 0, g = 0, b = 0] = [1, 3, 5].map((at) => {
    const part = Number.parseInt(hex.slice(at, at + 2), 16) / 255;
    return part <= 0.040_45 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
}

function contrast(one: string, other: string): number {
  const [light, dark] = [luminance(one), luminance(other)].toSorted((a, b) => b - a) as [number, number];
  return (light + 0.05) / (dark + 0.05);
}

test('texts have the contrast of WCAG AA on all that they stand on, light and dark', async () => {
  const css = await readFile(new URL('../page/theme.css', import.meta.url), 'utf8');
  const pairs = [...css.matchAll(/--([\w-]+): light-dark\((#\w{6}), (#\w{6})\)/g)];
  expect(pairs.length).toBeGreaterThan(10);
  const themes = [2, 3].map((at) => Object.fromEntries(pairs.map((pair) => [pair[1]!, pair[at]!])));
  for (const theme of themes) {
    for (const text of ['text', 'soft', 'good', 'bad']) {
      for (const back of ['back', 'panel']) expect(contrast(theme[text]!, theme[back]!)).toBeGreaterThan(4.5);
    }
    for (const kind of ['topic', 'internal', 'operator', 'store'])
      expect(contrast(theme['text']!, theme[kind]!)).toBeGreaterThan(4.5);
  }
});

describe('what the page shows', () => {
  test('is the topology, figures of each node, topics and their last records', async () => {
    const { server, send, app } = await openShop();
    const ask = async (path: string) => (await fetch(new URL(path, server.url))).json() as Promise<never>;
    const { boxes, applicationId } = await ask('/inspector/topology');
    expect(applicationId).toBe('shop');
    expect((boxes as { label: string }[]).map(({ label }) => label)).toEqual(
      expect.arrayContaining(['orders', 'filter', 'per-product', 'by-region-repartition', 'totals']),
    );
    for (let n = 0; n < 20; n++) await send(`product-${n % 3}`, { n, region: 'north', note: '' });
    await vi.waitFor(() => expect(app.metrics.processedRecords).toBe(30), { timeout: 10_000 });
    const events = await fetch(new URL('/inspector/events', server.url));
    const reader = events.body!.getReader();
    const { value } = await reader.read();
    await reader.cancel();
    const text = Buffer.from(value!).toString();
    const snapshot = JSON.parse(/data: (.*)/.exec(text)![1]!) as {
      readonly processed: number;
      readonly nodes: Record<string, { readonly processed: number; readonly latencyMs: number }>;
      readonly lag: Record<string, number>;
      readonly stores: Record<string, { readonly memoryRows: number }>;
      readonly health: { readonly status: string };
    };
    expect(snapshot).toMatchObject({ processed: 30, health: { status: 'running' }, lag: { orders: 0 } });
    expect(snapshot.nodes['KSTREAM-FILTER-0000000001']?.processed).toBe(20);
    expect(snapshot.nodes['KSTREAM-FILTER-0000000001']?.latencyMs).toBeGreaterThan(0);
    expect(snapshot.stores['per-product']?.memoryRows).toBe(3);
    const topics = (await ask('/inspector/topics')) as { name: string; role: string }[];
    expect(topics.map(({ name, role }) => `${role} ${name}`)).toEqual([
      'dead letters bad-orders',
      'input orders',
      'internal shop-by-region-repartition',
      'changelog shop-closed-store-changelog',
      'changelog shop-per-minute-changelog',
      'changelog shop-per-product-changelog',
      'output totals',
    ]);
  });

  test('of a topic are its last records, then those that come, with a filter', async () => {
    const { server, send } = await openShop();
    for (let n = 0; n < 300; n++)
      await send(`product-${n}`, { n, region: n % 3 === 0 ? 'south' : 'north', note: '' }, n);
    interface Tail {
      readonly records: readonly { readonly key: string; readonly value: { readonly n: number } }[];
      readonly next: readonly number[];
    }
    const tail = async (query: string, topic = 'orders') => {
      const answer = await fetch(new URL(`/inspector/topics/${topic}?${query}`, server.url));
      return { status: answer.status, body: (await answer.json()) as Tail };
    };
    const { body: last } = await tail('');
    expect(last.records.map(({ value }) => value.n)).toEqual(
      Array.from({ length: 100 }, (_, at) => 200 + at),
    );
    expect(last.next).toEqual([150, 150]);
    await send('one more', { n: 300, region: 'north', note: '' });
    const { body: more } = await tail(`after=${last.next.join(',')}`);
    expect(more).toMatchObject({ records: [{ key: 'one more' }], next: [151, 150] });
    expect((await tail('after=151,150')).body).toEqual({ records: [], next: [151, 150] });
    const { body: south } = await tail('filter=south');
    expect(south.records.length).toBeGreaterThan(20);
    expect(south.records.every(({ value }) => value.n % 3 === 0)).toBe(true);
    expect(await tail('', 'of-others')).toMatchObject({
      status: 404,
      body: { message: expect.stringContaining('none that this app reads or writes') },
    });
  });
});

describe('where a record came from', () => {
  interface Origins {
    readonly topics: readonly string[];
    readonly records: readonly {
      readonly topic: string;
      readonly partition: number;
      readonly offset: number;
      readonly value: unknown;
      readonly by?: string;
      readonly isInternal: boolean;
    }[];
  }
  const originsAt = async (url: string, place: string): Promise<Origins> =>
    (await (await fetch(new URL(`/inspector/topics/${place}/origins`, url))).json()) as Origins;

  test('is found by time and key in the topics that the operators before it read', async () => {
    const { server, send, app } = await openShop();
    await send('mug', { n: 2, region: 'north', note: 'a' }, 60_000);
    await send('cup', { n: 4, region: 'north', note: 'b' }, 60_000);
    await send('mug', { n: 6, region: 'north', note: 'c' }, 60_001);
    await vi.waitFor(() => expect(app.metrics.processedRecords).toBe(6), { timeout: 10_000 });
    const at = [0, 1].map((partition) => originsAt(server.url, `totals/${partition}/0`));
    const found = (await Promise.all(at)).find(({ records }) => records.length > 0)!;
    expect(found.topics).toEqual(['orders']);
    // The one of the same key comes first; that of another time is none.
    expect(found.records).toMatchObject([
      { topic: 'orders', partition: 0, by: 'key', isInternal: false },
      { topic: 'orders', partition: 0 },
    ]);
    expect(found.records[1]).not.toHaveProperty('by');
    expect((await originsAt(server.url, 'orders/0/0')).topics).toEqual([]);
    expect(await originsAt(server.url, 'totals/0/99')).toEqual({ topics: [], records: [] });
    expect(await originsAt(server.url, 'of-others/0/0')).toEqual({ topics: [], records: [] });
  });

  test('is what the headers of a dead letter name', async () => {
    const { server, send, sendJunk } = await openShop();
    await send('mug', { n: 1, region: 'north', note: '' });
    await sendJunk('key', 'no order');
    const letters = async () =>
      (await Promise.all([0, 1].map((partition) => originsAt(server.url, `bad-orders/${partition}/0`)))).find(
        ({ records }) => records.length > 0,
      );
    await vi.waitFor(async () => expect(await letters()).toBeDefined(), { timeout: 10_000 });
    expect(await letters()).toMatchObject({
      topics: ['orders'],
      records: [{ topic: 'orders', partition: 1, offset: 1, value: 'no order', by: 'headers' }],
    });
  });
});

test('a log is shown without an app, behind the same checks', async () => {
  const { app } = await openShop();
  const token = 'a-token-of-some-length';
  const page = await inspectLog(app.log, { intervalMs: 20, token });
  onTestFinished(() => page.close());
  const ask = (path: string, headers: Record<string, string> = {}) =>
    fetch(new URL(path, page.url), { headers });
  expect((await ask('/inspect')).status).toBe(200);
  expect((await ask('/inspector/topics')).status).toBe(401);
  const authorization = `Bearer ${token}`;
  const topics = (await (await ask('/inspector/topics', { authorization })).json()) as { role: string }[];
  expect(topics.length).toBeGreaterThan(4);
  expect(new Set(topics.map(({ role }) => role))).toEqual(new Set(['topic']));
  expect((await ask('/stores', { authorization })).status).toBe(404);
  const events = (await ask('/inspector/events', { authorization })).body!.getReader();
  expect(Buffer.from((await events.read()).value!).toString()).toMatch(/"groups":\[/);
  await events.cancel();
});

test('an app that runs elsewhere is seen from outside: its lag, and who is in its group', async () => {
  const { app, send } = await openShop();
  await vi.waitFor(() => expect(app.state).toBe('running'), { timeout: 10_000 });
  const outside = new StreamsApp(app.topology, { applicationId: 'shop', log: app.log });
  const page = await inspect(outside, { intervalMs: 20 });
  onTestFinished(async () => {
    await page.close();
    await outside.close();
  });
  for (let n = 0; n < 10; n++) await send('product', { n, region: 'north', note: '' });
  const events = await fetch(new URL('/inspector/events', page.url));
  const reader = events.body!.pipeThrough(new TextDecoderStream()).getReader();
  let text = '';
  const seen = async (holds: (snapshot: Snapshot) => boolean): Promise<Snapshot> => {
    for (;;) {
      for (const [, data] of text.matchAll(/data: (.*)\n\n/g)) {
        const snapshot = JSON.parse(data!) as Snapshot;
        if (holds(snapshot)) return snapshot;
      }
      text = text.slice(text.lastIndexOf('\n\n') + 2) + (await reader.read()).value!;
    }
  };
  expect(
    await seen(({ processed, lag }) => processed > 10 && Object.values(lag).every((one) => one === 0)),
  ).toMatchObject({
    isOutside: true,
    state: 'stable',
    health: { status: 'running' },
    lag: { orders: 0, 'shop-by-region-repartition': 0 },
    instances: [
      { tasks: expect.arrayContaining(['orders-0', 'orders-1', 'shop-by-region-repartition-1']) as unknown },
    ],
    tasks: [],
  });
  await app.close();
  await send('product', { n: 10, region: 'north', note: '' });
  expect(await seen(({ lag, state }) => lag['orders'] === 1 && state === 'empty')).toMatchObject({
    health: { status: 'closed', reasons: ['No instance is in the group "shop".'] },
    instances: [],
  });
  await reader.cancel();
  // It has taken part in nothing.
  expect(outside.state).toBe('created');
});

interface Letters {
  readonly records: readonly {
    readonly partition: number;
    readonly offset: number;
    readonly value: string;
    readonly headers: readonly { readonly key: string; readonly value: string }[];
    readonly deadLetter?: Readonly<Record<string, unknown>>;
  }[];
}

describe('a dead letter', () => {
  const post = async (url: string, body: unknown, headers: Record<string, string> = {}) => {
    const answer = await fetch(new URL('/inspector/send-again', url), {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...headers },
      body: typeof body === 'string' ? body : JSON.stringify(body),
    });
    const text = await answer.text();
    return { status: answer.status, body: JSON.parse(text) as Record<string, unknown> };
  };
  const lettersOf = async (url: string, topic = 'bad-orders') =>
    ((await (await fetch(new URL(`/inspector/topics/${topic}`, url))).json()) as Letters).records;

  test('says what happened and where it came from, and is sent there again as it was', async () => {
    const { server, sendJunk } = await openShop();
    await sendJunk('k', 'no JSON');
    await vi.waitFor(async () => expect(await lettersOf(server.url)).toHaveLength(1), { timeout: 10_000 });
    const [letter] = await lettersOf(server.url);
    expect(letter!.deadLetter).toEqual({
      reason: 'SyntaxError',
      message: expect.stringContaining('is not valid JSON'),
      topic: 'orders',
      partition: 1,
      offset: 0,
    });
    const place = { topic: 'bad-orders', partition: letter!.partition, offset: letter!.offset };
    expect(await post(server.url, place)).toEqual({
      status: 200,
      body: { topic: 'orders', partition: 1, offset: 1 },
    });
    const again = (await lettersOf(server.url, 'orders')).at(-1)!;
    expect(again).toMatchObject({ partition: 1, offset: 1, value: 'no JSON', timestamp: 7 });
    expect(again.headers).toEqual([{ key: 'mine', value: 'kept' }]);
    // It cannot be read this time either.
    await vi.waitFor(async () => expect(await lettersOf(server.url)).toHaveLength(2), { timeout: 10_000 });
    expect((await lettersOf(server.url)).map(({ deadLetter }) => deadLetter?.['offset'])).toEqual([0, 1]);
  });

  test('is not sent for another site, without the token, or where there is none', async () => {
    const { server } = await openShop({ token });
    const place = { topic: 'bad-orders', partition: 0, offset: 0 };
    const mine = { authorization: `Bearer ${token}` };
    expect((await post(server.url, place)).status).toBe(401);
    expect((await post(server.url, place, { ...mine, 'content-type': 'text/plain' })).status).toBe(415);
    for (const bad of [
      '{',
      '5',
      'null',
      { topic: 5 },
      { ...place, offset: -1 },
      { ...place, partition: 0.5 },
    ])
      expect([bad, (await post(server.url, bad, mine)).status]).toEqual([bad, 400]);
    expect(await post(server.url, place, mine)).toMatchObject({
      status: 409,
      body: { message: 'There is no record at bad-orders-0 @ 0 any more' },
    });
    expect(await post(server.url, { ...place, partition: 9 }, mine)).toMatchObject({ status: 409 });
    expect(await post(server.url, { ...place, topic: 'orders' }, mine)).toMatchObject({
      status: 409,
      body: { message: '"orders" is no topic that this app sends dead letters to' },
    });
  });

  test('that does not say where it came from, or says a topic of others, stays where it is', async () => {
    const { server, app } = await openShop();
    const producer = await app.log.producer();
    const header = (key: string, value: string) => ({
      key: `__streams.errors.${key}`,
      value: Buffer.from(value),
    });
    const of = (...headers: { key: string; value: Buffer }[]) => ({
      key: 'k',
      value: 'v',
      timestamp: 0,
      headers,
    });
    const records = [
      of(),
      of(header('topic', 'of-others'), header('partition', '0')),
      of(header('topic', 'orders'), header('partition', '7')),
      {
        ...of(header('topic', 'totals'), header('partition', '0'), header('exception', 'LOG_TOO_LARGE')),
        value: null,
      },
    ];
    await producer.send([{ topic: 'bad-orders', partition: 0, records }]);
    await producer.close();
    const messages: unknown[] = [];
    for (const offset of records.keys())
      messages.push((await post(server.url, { topic: 'bad-orders', partition: 0, offset })).body['message']);
    expect(messages).toEqual([
      'The record at bad-orders-0 @ 0 does not say where it came from',
      expect.stringContaining('came from of-others-0, which this app does not read or write'),
      expect.stringContaining('came from orders-7, which this app does not read or write, or which is gone'),
      'The value of bad-orders-0 @ 3 was too large to be kept: it is not there any more',
    ]);
  });
});

test('is for this host only, and with a token for those who have it; the page itself asks for it', async () => {
  const { server } = await openShop({ token });
  const status = async (path: string, headers = {}) =>
    (await fetch(new URL(path, server.url), { headers })).status;
  for (const path of [
    '/inspector/topology',
    '/inspector/events',
    '/inspector/topics',
    '/inspector/topics/orders',
    '/stores',
  ])
    expect([path, await status(path)]).toEqual([path, 401]);
  expect(await status('/inspector/topics', { authorization: `Bearer ${token}` })).toBe(200);
  expect(await status('/inspector/topics', { authorization: 'Bearer another-token-of-a-length' })).toBe(401);
  expect([await status('/inspect'), await status('/inspect/page.js')]).toEqual([200, 200]);
  for (const path of ['/inspect', '/inspect/page.js', '/inspector/topology'])
    expect(await statusFor(new URL(path, server.url).href, 'elsewhere.example')).toBe(403);
  for (const name of ['..%2f..%2fpackage.json', 'package.json', 'page.js.map', 'nothing.js'])
    expect([name, await status(`/inspect/${name}`)]).toEqual([name, 404]);
  const { headers } = await fetch(server.url);
  expect(headers.get('content-security-policy')).toContain("script-src 'self'");
});
