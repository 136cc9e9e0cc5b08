import { readFileSync } from 'node:fs';
import { EmbeddedLog } from '@millrace/embedded-log';
import {
  createTopics,
  hours,
  json,
  minutes,
  producer,
  records,
  StreamsApp,
  StreamsBuilder,
  string,
  TimeWindows,
  timeWindowed,
  topic,
  untilWindowCloses,
} from '@millrace/streams-core';
import { TopologyTestDriver } from '@millrace/testing';
import { expect, test } from 'vitest';
import { z } from 'zod';

const Sale = z.object({ quantity: z.number(), price: z.number() });
const Product = z.object({ name: z.string() });

const sales = topic('sales', { key: string(), value: json(Sale) });
const products = topic('products', { key: string(), value: json(Product) });
const demand = topic('demand', { key: timeWindowed(string(), hours(1)), value: json<number>() });

const builder = new StreamsBuilder();
const catalogue = builder.table(products);
builder
  .stream(sales)
  .join(catalogue, (sale, product) => ({ ...sale, product }))
  .filter(({ quantity }) => quantity > 0)
  .groupByKey()
  .windowedBy(TimeWindows.of(hours(1)).grace(minutes(15)))
  .aggregate({ initial: () => 0, add: (units, { quantity }) => units + quantity })
  .suppress(untilWindowCloses())
  .toStream()
  .to(demand);

test('the first topology of the README does what it says', () => {
  const driver = new TopologyTestDriver(builder.build());
  driver.createInputTopic(products).pipeInput('mug', { name: 'Mug' });
  driver.createInputTopic(sales).pipeInput('mug', { quantity: 2, price: 3.5 });
  driver.createInputTopic(sales).pipeInput('mug', { quantity: 1, price: 3.5 }, { timestamp: hours(2) });
  expect(driver.createOutputTopic(demand).readKeyValue()).toEqual([
    { key: 'mug', window: { start: 0, end: hours(1) } },
    2,
  ]);
});

/** What the second block says: compiled here, and run piece by piece in tests of each. */
export async function production(): Promise<void> {
  const driver = new TopologyTestDriver(builder.build());
  driver.createInputTopic(sales).pipeInput('mug', { quantity: 2, price: 3.5 });

  const log = await EmbeddedLog.open({ dir: './data/log' });
  await createTopics(log, [sales, products, demand], { partitions: 4 });
  const app = new StreamsApp(builder.build(), { applicationId: 'demand', log, stateDir: './data/state' });
  await app.start();

  const out = await producer(log, sales);
  await out.send('mug', { quantity: 2, price: 3.5 });
  for await (const { key, value } of records(log, demand, { follow: true })) console.log(key, value);
}

test('its lines are the ones tested here', () => {
  const squeeze = (text: string) => text.replace(/\/\/.*$/gm, '').replace(/\s+/g, '');
  const here = squeeze(readFileSync(new URL(import.meta.url), 'utf8'));
  const readme = readFileSync(new URL('../README.md', import.meta.url), 'utf8');
  const blocks = [...readme.matchAll(/```ts\n(?<code>.*?)```/gs)];
  expect(blocks.length).toBeGreaterThan(1);
  for (const { groups } of blocks.slice(0, 2)) {
    for (const statement of squeeze(groups!['code']!).split(';')) expect(here).toContain(statement);
  }
});
