import { json, type KStream, long, StreamsApp, StreamsBuilder, string, topic } from '@millrace/streams-core';
import { describe, expect, test } from 'vitest';
import { caughtUp, eventually, readTopic, withLog, write } from './support.ts';

const orders = topic('orders', { key: string(), value: json<{ product: string; region: string }>() });
const perProduct = topic('per-product', { key: string(), value: long() });
const numbers = ['a', 'b', 'c', 'a', 'b', 'a'].map(
  (product, n) => [`order-${n}`, { product, region: n % 2 === 0 ? 'north' : 'south' }] as const,
);

test('a grouping by a new key goes through a topic of the app, over several partitions and instances', async () => {
  await withLog(async (log, stateDir) => {
    await log.admin.createTopics([
      { name: 'orders', partitions: 3 },
      { name: 'per-product', partitions: 2 },
    ]);
    const builder = new StreamsBuilder();
    builder
      .stream(orders)
      .groupBy(({ product }) => product, { key: string() })
      .count({ as: 'products' })
      .toStream()
      .mapValues((count) => count ?? 0)
      .to(perProduct);
    const topology = builder.build();
    const apps = [1, 2].map(
      (n) =>
        new StreamsApp(topology, {
          applicationId: 'app',
          log,
          stateDir: `${stateDir}/${n}`,
          commitIntervalMs: 10,
        }),
    );
    for (const app of apps) await app.start();
    await eventually('the six tasks are shared', () => apps.every((app) => app.taskIds.length === 3));
    await write(log, orders, numbers);
    await caughtUp(log, 'app', 'orders');
    await caughtUp(log, 'app', 'app-products-repartition');
    for (const app of apps) await app.close();
    const results = await readTopic(log, perProduct);
    expect(Object.fromEntries(results.map(({ key, value }) => [key, value]))).toEqual({ a: 3, b: 2, c: 1 });
    const topics = await log.admin.topics();
    expect(topics.get('app-products-repartition')).toMatchObject({
      partitions: 3,
      configs: { 'cleanup.policy': 'delete', 'retention.ms': '-1' },
    });
    expect(topics.get('app-products-changelog')).toMatchObject({
      partitions: 3,
      configs: { 'cleanup.policy': 'compact' },
    });
  });
});

async function run(
  build: (stream: KStream<string, { product: string; region: string }>, builder: StreamsBuilder) => void,
  before: (log: Parameters<Parameters<typeof withLog>[0]>[0]) => Promise<void>,
  after: (log: Parameters<Parameters<typeof withLog>[0]>[0]) => Promise<void>,
): Promise<void> {
  await withLog(async (log, stateDir) => {
    await log.admin.createTopics([{ name: 'orders', partitions: 2 }]);
    await before(log);
    const builder = new StreamsBuilder();
    build(builder.stream(orders), builder);
    await write(log, orders, numbers);
    const app = new StreamsApp(builder.build(), {
      applicationId: 'app',
      log,
      stateDir,
      commitIntervalMs: 10,
    });
    await app.start();
    await caughtUp(log, 'app', 'orders');
    await after(log);
    await app.close();
  });
}

describe('sinks', () => {
  const north = topic('north', { key: string(), value: json<string>() });
  const south = topic('south', { key: string(), value: json<string>() });

  test('a sink may choose a topic for each record', async () => {
    await run(
      (stream) => stream.mapValues(({ region }) => region).to(({ value }) => value, north),
      (log) => log.admin.createTopics(['north', 'south'].map((name) => ({ name, partitions: 2 }))),
      async (log) => {
        expect((await readTopic(log, north)).map(({ value }) => value)).toEqual(['north', 'north', 'north']);
        expect((await readTopic(log, south)).map(({ value }) => value)).toEqual(['south', 'south', 'south']);
      },
    );
  });

  test('one that chooses a topic that does not exist stops the app, naming it', async () => {
    await withLog(async (log) => {
      await log.admin.createTopics([{ name: 'orders', partitions: 1 }]);
      const builder = new StreamsBuilder();
      builder.stream(orders).to(() => 'nowhere', orders);
      await write(log, orders, numbers);
      const app = new StreamsApp(builder.build(), { applicationId: 'app', log });
      await app.start();
      await eventually('it fails', () => app.state === 'error');
      expect(String(app.failure)).toMatch(/writes to the topic "nowhere", which does not exist/);
      await app.close().catch(() => {});
    });
  });
});

test('repartition() sends a stream through a topic with the partitions it is told', async () => {
  const out = topic('out', { key: string(), value: json<{ product: string; region: string }>() });
  await run(
    (stream) =>
      stream
        .selectKey(({ product }) => product, { key: string() })
        .repartition({ name: 'by-product', partitions: 5 })
        .to(out),
    (log) => log.admin.createTopics([{ name: 'out', partitions: 1 }]),
    async (log) => {
      await caughtUp(log, 'app', 'app-by-product-repartition');
      expect(
        (await log.admin.topics(['app-by-product-repartition'])).get('app-by-product-repartition')
          ?.partitions,
      ).toBe(5);
      expect(
        (await readTopic(log, out)).map(({ key }) => key).toSorted((a, b) => a.localeCompare(b)),
      ).toEqual(['a', 'a', 'a', 'b', 'b', 'c']);
    },
  );
});

test('a global table is whole before the first record is processed, on every instance', async () => {
  const products = topic('products', { key: string(), value: string() });
  const named = topic('named', { key: string(), value: json<string>() });
  await run(
    (stream, builder) =>
      stream
        .join(
          builder.globalTable(products),
          ({ product }) => product,
          (_order, name) => name,
        )
        .to(named),
    async (log) => {
      await log.admin.createTopics([
        { name: 'products', partitions: 3 },
        { name: 'named', partitions: 1 },
      ]);
      await write(log, products, [
        ['a', 'apple'],
        ['b', 'banana'],
        ['c', 'cherry'],
      ]);
    },
    async (log) => {
      const names = (await readTopic(log, named)).map(({ value }) => value!);
      expect(names.toSorted((a, b) => a.localeCompare(b))).toEqual([
        'apple',
        'apple',
        'apple',
        'banana',
        'banana',
        'cherry',
      ]);
    },
  );
});

test('records without a key keep to the partition of their task', async () => {
  const out = topic('out', { key: string(), value: json<string>() });
  await run(
    (stream) => stream.map(({ product }) => [null as unknown as string, product] as const).to(out),
    (log) => log.admin.createTopics([{ name: 'out', partitions: 2 }]),
    async (log) => {
      const ends = (topicName: string) =>
        log.admin.offsets([0, 1].map((partition) => ({ topic: topicName, partition })));
      expect(await ends('out')).toEqual(await ends('orders'));
    },
  );
});
