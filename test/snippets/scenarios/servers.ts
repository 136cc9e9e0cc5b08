import type { AppServer } from '@millrace/app-server';
import {
  hours,
  long,
  StreamsApp,
  StreamsBuilder,
  string,
  TimeWindows,
  topic,
  records,
  type Topic,
} from '@millrace/streams-core';
import { expect, onTestFinished } from 'vitest';
import { RegistryStub } from '../../../packages/schema-registry/test/registry-stub.ts';
import { type Block } from '../blocks.ts';
import { play } from '../play.ts';
import {
  demandOf,
  eventually,
  newKafka,
  newFolder,
  newLog,
  printedLines,
  type Scenario,
  send,
  setEnv,
} from '../scenario.ts';
import { demand, runningDemand, sales } from './shop.ts';

const isReady = async (server: AppServer, headers: Readonly<Record<string, string>> = {}): Promise<void> => {
  await eventually(async () => expect((await fetch(`${server.url}/readyz`)).status).toBe(200));
  expect(await (await fetch(`${server.url}/stores`, { headers })).text()).toContain('demand');
};

/** Stores are asked in every way that the block shows. */
async function askStores(block: Block): Promise<void> {
  const prices = topic('prices', { key: string(), value: long() });
  const log = await newLog(sales, prices);
  const noon = 1_000_000;
  for (const [price, timestamp] of [
    [3, noon - 1],
    [4, noon + 1],
  ] as const)
    await send(log, { topic: prices, key: 'mug', value: price, timestamp });
  const yesterday = Date.now() - hours(24);
  const builder = new StreamsBuilder();
  const shown: unknown[] = [];
  const printed = printedLines();
  const globals: Record<string, unknown> = {
    builder,
    sales,
    noon,
    yesterday,
    show: (update: unknown) => shown.push(update),
    prices: builder.table(prices, { as: 'prices', historyRetentionMs: hours(1) }),
    perHour: builder
      .stream(sales)
      .groupByKey()
      .windowedBy(TimeWindows.of(hours(1)))
      .count({ as: 'per-hour' }),
    start: async () => {
      const app = new StreamsApp(builder.build(), { applicationId: 'shop', log, stateDir: 'state' });
      await app.start();
      onTestFinished(() => app.close());
      await send(log, { topic: sales, key: 'apple', value: { quantity: 1 } });
      await eventually(async () => expect(await app.store('stock').get('apple')).toBe(1));
      Object.assign(globalThis, { app });
    },
  };
  await play(block, { globals: { ...globals, app: undefined }, instead: { '// ...': 'await start();' } })
    .done;
  expect(printed).toEqual([['apple', 1]]);
  await eventually(() => expect(shown).not.toEqual([]));
}

export const servers: readonly Scenario[] = [
  {
    page: 'docs/operations.md',
    has: 'runApp(app',
    run: async (block) => {
      const log = await newLog(sales, demand);
      const logger = Object.fromEntries(['debug', 'info', 'warn', 'error'].map((level) => [level, () => {}]));
      const { made, done } = play(block, {
        globals: { log, topology: runningDemand(), pino: () => logger },
        instead: { 'port: 8080': 'port: 0' },
      });
      await isReady(await made('server'));
      const app = await made<StreamsApp>('app');
      expect(await demandOf(app, log)).toEqual({ units: 2 });
      await app.close();
      await done;
      await expect(demandOf(app, log)).rejects.toMatchObject({ code: 'LOG_CLOSED' });
    },
  },
  { page: 'docs/operations.md', has: 'app.store(stock)', run: askStores },
  {
    page: 'docs/deploy.md',
    has: 'groupInstanceId',
    run: async (block) => {
      const { log, broker } = await newKafka(sales, demand);
      const token = 'a-token-of-the-test';
      setEnv({ POD: 'shop-0', KAFKA_BROKERS: broker, TOKEN: token });
      const instead = { 'port: 8080': 'port: 0' };
      const { made, done } = play(block, { globals: { topology: runningDemand() }, instead });
      const { port } = await made<AppServer>('server');
      await isReady({ url: `http://127.0.0.1:${port}` } as AppServer, { authorization: `Bearer ${token}` });
      const app = await made<StreamsApp>('app');
      expect(await demandOf(app, log)).toEqual({ units: 2 });
      await app.close();
      await done;
    },
  },
  {
    page: 'packages/inspector/README.md',
    has: 'inspect(app',
    run: async (block) => {
      const log = await newLog(sales, demand);
      const app = new StreamsApp(runningDemand(), { applicationId: 'shop', log, stateDir: newFolder() });
      onTestFinished(() => app.close());
      await app.start();
      const printed = printedLines();
      const { made, done } = play(block, { globals: { app }, instead: { 'port: 8080': 'port: 0' } });
      await done;
      const page = await made<AppServer>('page');
      expect(printed).toEqual([[page.url]]);
      expect(page.url).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/inspect$/);
      expect(await (await fetch(page.url)).text()).toContain('<html');
      await page.close();
    },
  },
  {
    page: 'docs/schema-registry.md',
    has: 'avroSerde(',
    run: async (block) => {
      const [username, password] = ['me', 'a-password'];
      const authorization = `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}`;
      const stub = await RegistryStub.start({ authorization });
      onTestFinished(() => stub.stop());
      const { made } = play(block, {
        globals: { username, password },
        instead: { 'https://registry:8081': stub.url },
      });
      const orders = await made<Topic<string, { sku: string; note: string | null }>>('orders');
      const log = await newLog(orders);
      await send(log, { topic: orders, key: 'ada', value: { sku: 'mug', note: null } });
      for await (const { value } of records(log, orders, { limit: 1 }))
        expect(value).toEqual({ sku: 'mug', note: null });
    },
  },
];
