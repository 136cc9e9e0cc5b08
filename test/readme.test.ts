import { readFileSync } from 'node:fs';
import { EmbeddedLog } from '@millrace/embedded-log';
import {
  hours,
  json,
  minutes,
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
const demand = topic('demand', { key: timeWindowed(string(), hours(1)), value: json<number | null>() });

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

test('the first topology of the README does what it says', async () => {
  const driver = new TopologyTestDriver(builder.build());
  driver.createInputTopic(products).pipeInput('mug', { name: 'Mug' });
  driver.createInputTopic(sales).pipeInput('mug', { quantity: 2, price: 3.5 });
  driver.createInputTopic(sales).pipeInput('mug', { quantity: 1, price: 3.5 }, { timestamp: hours(2) });
  expect(driver.createOutputTopic(demand).readKeyValue()).toEqual([
    { key: 'mug', window: { start: 0, end: hours(1) } },
    2,
  ]);

  const log = await EmbeddedLog.inMemory();
  await log.admin.createTopics([sales, products, demand].map(({ name }) => ({ name, partitions: 4 })));
  const app = new StreamsApp(builder.build(), { applicationId: 'demand', log, stateDir: './data/state' });
  expect(app.state).toBe('created');
  await log.close();
});

test('its lines are the ones tested here', () => {
  const squeeze = (text: string) => text.replace(/\/\/.*$/gm, '').replace(/\s+/g, '');
  const here = squeeze(readFileSync(new URL(import.meta.url), 'utf8'));
  const [first] = /```ts\n(.*?)```/s
    .exec(readFileSync(new URL('../README.md', import.meta.url), 'utf8'))!
    .slice(1);
  for (const statement of squeeze(first!).split(';')) expect(here).toContain(statement);
});
