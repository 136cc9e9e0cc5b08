import type { EmbeddedLog } from '@millrace/embedded-log';
import { kafkaLog } from '@millrace/kafka';
import type { LogServer, SharedLog } from '@millrace/log-server';
import {
  hours,
  long,
  json,
  minutes,
  producer,
  type StreamsApp,
  type StreamsBuilder,
  string,
  timeWindowed,
  type Topic,
  type TopicProducer,
  topic,
  type Windowed,
} from '@millrace/streams-core';
import { TopologyTestDriver } from '@millrace/testing';
import { Kafka } from 'kafkajs';
import { expect, onTestFinished } from 'vitest';
import { type Block, blockWith } from '../blocks.ts';
import { play } from '../play.ts';
import {
  demandOf,
  eventually,
  newKafka,
  newLog,
  printedLines,
  type Scenario,
  send,
  setEnv,
  valuesOf,
} from '../scenario.ts';
import { demand, runningDemand, sales } from './shop.ts';

/** What the first block of the README makes. */
interface Shop {
  readonly builder: StreamsBuilder;
  readonly demand: Topic<Windowed<string>, number>;
  readonly sales: Topic<string, { readonly quantity: number; readonly price: number }>;
  readonly products: Topic<string, { readonly name: string }>;
}

/** Both blocks of the README: the topology, tested and run. */
async function readme(second: Block): Promise<void> {
  const first = play(blockWith('README.md', 'new StreamsBuilder()'));
  await first.done;
  const { sales, products } = first.all as unknown as Shop;
  const printed = printedLines();
  const { made, done } = play(second, { globals: first.all });
  const out = await made<TopicProducer<string, { quantity: number; price: number }>>('out');
  const log = await made<EmbeddedLog>('log');
  const app = await made<StreamsApp>('app');
  await send(log, { topic: products, key: 'mug', value: { name: 'Mug' } });
  const partitions = Array.from({ length: 4 }, (_, partition) => ({ topic: 'products', partition }));
  await eventually(async () =>
    expect((await log.admin.committed('demand', partitions)).map((one) => one?.offset)).toContain(1),
  );
  const sold = Math.ceil(Date.now() / hours(1)) * hours(1);
  await send(log, { topic: sales, key: 'mug', value: { quantity: 3, price: 3.5 }, timestamp: sold });
  await send(log, {
    topic: sales,
    key: 'mug',
    value: { quantity: 1, price: 3.5 },
    timestamp: sold + hours(1) + minutes(15),
  });
  await eventually(() =>
    expect(printed).toContainEqual([{ key: 'mug', window: { start: sold, end: sold + hours(1) } }, 3]),
  );
  await out.close();
  await app.close();
  await log.close();
  // It follows the topic for ever.
  await expect(done).rejects.toMatchObject({ code: 'LOG_CLOSED' });
}

/** A served log takes clients that know the token, and no others. */
async function isServed({
  made,
  token,
}: {
  made: <T>(name: string) => Promise<T>;
  token: string;
}): Promise<void> {
  const log = await made<EmbeddedLog>('log');
  const server = await made<LogServer>('server');
  const topicsFor = async (password: string): Promise<string[]> => {
    const client = kafkaLog({
      brokers: [server.address],
      sasl: { mechanism: 'plain', username: 'me', password },
    });
    try {
      return [...(await client.admin.topics()).keys()];
    } finally {
      await client.close();
    }
  };
  await log.admin.createTopics([{ name: 'sales', partitions: 1 }]);
  expect(await topicsFor(token)).toEqual(['sales']);
  await expect(topicsFor('wrong')).rejects.toThrow();
  await server.close();
  await log.close();
}

export const logs: readonly Scenario[] = [
  {
    page: 'docs/first-pipeline.md',
    has: 'transaction(log',
    run: async (block) => {
      const perMinute = topic('per-minute', { key: timeWindowed(string(), minutes(1)), value: long() });
      const views = topic('views', { key: string(), value: json<{ readonly page: string }>() });
      const log = await newLog(perMinute, views);
      await send(log, {
        topic: perMinute,
        key: { key: 'ann', window: { start: 60_000, end: 120_000 } },
        value: 3,
      });
      const printed = printedLines();
      await play(block, { globals: { log, perMinute, views } }).done;
      expect(printed).toEqual([['ann', 60_000, 3]]);
      expect(await valuesOf(log, views, 2)).toEqual([{ page: '/' }, { page: '/help' }]);
    },
  },
  {
    page: 'README.md',
    has: 'new StreamsBuilder()',
    run: async (block) => {
      const { done, all } = play(block);
      await done;
      const { builder, sales, products, demand } = all as unknown as Shop;
      const driver = new TopologyTestDriver(builder.build());
      driver.createInputTopic(products).pipeInput('mug', { name: 'Mug' });
      const input = driver.createInputTopic(sales);
      input.pipeInput('mug', { quantity: 2, price: 3.5 });
      input.pipeInput('mug', { quantity: 1, price: 3.5 }, { timestamp: hours(2) });
      expect(driver.createOutputTopic(demand).readKeyValuesToList()).toEqual([
        [{ key: 'mug', window: { start: 0, end: hours(1) } }, 2],
      ]);
    },
  },
  { page: 'README.md', has: 'EmbeddedLog.open', run: readme },
  {
    page: 'docs/kafka.md',
    has: 'kafkaLog(',
    run: async (block) => {
      const { log, broker } = await newKafka(sales, demand);
      const { made, done } = play(block, {
        globals: { builder: { build: runningDemand } },
        instead: { "'a:9092', 'b:9092'": `'${broker}'`, 'replicationFactor: 3': 'replicationFactor: 1' },
      });
      await done;
      expect(await demandOf(await made('app'), log)).toEqual({ units: 2 });
      await (await made<StreamsApp>('app')).close();
      await (await made<EmbeddedLog>('log')).close();
    },
  },
  {
    page: 'docs/log-server.md',
    has: 'listen(log',
    run: async (block) => {
      setEnv({ LOG_TOKEN: 'a-token-of-the-test' });
      const printed = printedLines();
      const { made, done } = play(block, { instead: { 'port: 9092': 'port: 0' } });
      await done;
      expect(printed).toEqual([[(await made<LogServer>('server')).address]]);
      await isServed({ made, token: 'a-token-of-the-test' });
    },
  },
  {
    page: 'packages/log-server/README.md',
    has: 'listen(log',
    run: async (block) => {
      const { made, done } = play(block, { instead: { 'port: 9092': 'port: 0' } });
      await done;
      await isServed({ made, token: (await made<LogServer>('server')).token! });
    },
  },
  {
    page: 'docs/log-server.md',
    has: 'sharedLog(',
    run: async (block) => {
      const { made, done } = play(block, { globals: { topology: runningDemand() } });
      await done;
      const log = await made<SharedLog>('log');
      await log.admin.createTopics([sales, demand].map(({ name }) => ({ name, partitions: 1 })));
      const app = await made<StreamsApp>('app');
      expect(await demandOf(app, log)).toEqual({ units: 2 });
      await app.close();
      await log.close();
    },
  },
  {
    page: 'docs/testing.md',
    has: 'EmbeddedLog.inMemory()',
    run: (block) => play(block, { globals: { topology: runningDemand(), sales, demand } }).done,
  },
  {
    page: 'docs/migrate.md',
    has: 'consumer.run(',
    run: async (block) => {
      const views = topic('views', { key: string(), value: string() });
      const counts = topic('counts', { key: string(), value: string() });
      const { log, broker } = await newKafka(views, counts);
      const kafka = new Kafka({ brokers: [broker], logLevel: 0 });
      const consumer = kafka.consumer({ groupId: 'counter' });
      const kafkaProducer = kafka.producer();
      await consumer.connect();
      await consumer.subscribe({ topic: 'views', fromBeginning: true });
      await kafkaProducer.connect();
      onTestFinished(async () => {
        await consumer.disconnect();
        await kafkaProducer.disconnect();
      });
      await play(block, { globals: { consumer, kafkaProducer } }).done;
      const out = await producer(log, views);
      await out.send('ada', 'home');
      await out.send('ada', 'shop');
      expect(await valuesOf(log, counts, 2)).toEqual(['1', '2']);
    },
  },
];
