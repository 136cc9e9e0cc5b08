import {
  type KStream,
  type KTable,
  json,
  long,
  minutes,
  type Serde,
  StreamsBuilder,
  string,
  type Topic,
  topic,
} from '@millrace/streams-core';
import { TopologyTestDriver } from '@millrace/testing';
import { expect } from 'vitest';
import type { Block } from '../blocks.ts';
import { play } from '../play.ts';
import type { Scenario } from '../scenario.ts';
import { demand, hourlyDemand, runningDemand, sales } from './shop.ts';

/** What the counts of a windowed stream are, of sales at these times, in milliseconds. */
async function countsOf(block: Block, times: readonly number[]): Promise<(number | null)[]> {
  const builder = new StreamsBuilder();
  const { made } = play(block, { globals: { stream: builder.stream(sales) } });
  const counts = topic('counts', { key: json(), value: json<number | null>() });
  (await made<KStream<unknown, number | null>>()).to(counts);
  const driver = new TopologyTestDriver(builder.build());
  const input = driver.createInputTopic(sales);
  for (const timestamp of times) input.pipeInput('mug', { quantity: 1 }, { timestamp });
  return driver.createOutputTopic(counts).readValuesToList();
}

/** An order as version 1 wrote it, and one of now. */
async function ordersOf(block: Block): Promise<unknown[]> {
  const order = await play(block).made<Serde<unknown>>('order');
  const customer = { customer: 'ada', units: 1 };
  const current = order.serialize({ ...customer, currency: 'USD' });
  const old = json<typeof customer>().serialize(customer);
  return [old, current].map((data) => order.deserialize(data));
}

const evolved = ['EUR', 'USD'].map((currency) => ({ customer: 'ada', units: 1, currency }));

export const topologies: readonly Scenario[] = [
  {
    page: 'docs/late-data.md',
    has: 'TimeWindows.of',
    // The window of the first two closes at 5 + 2 minutes; the last record is then too late for it.
    run: async (block) => expect(await countsOf(block, [0, 1, minutes(7), 2])).toEqual([2]),
  },
  {
    page: 'docs/late-data.md',
    has: 'SessionWindows.of',
    // Two sessions, and a late record that joins them.
    run: async (block) =>
      expect(await countsOf(block, [0, minutes(1.5), minutes(0.8)])).toEqual([1, 1, null, null, 3]),
  },
  {
    page: 'docs/migrate.md',
    has: 'flatMapValues',
    run: async (block) => {
      const { made } = play(block);
      const driver = new TopologyTestDriver((await made<StreamsBuilder>('builder')).build());
      const sentences = topic('sentences', { key: string(), value: string() });
      driver.createInputTopic(sentences).pipeInput('1', 'To be, or not to be');
      const words = driver.createOutputTopic(topic('words', { key: string(), value: long() }));
      expect(Object.fromEntries(words.readKeyValuesToList())).toEqual({ to: 2, be: 2, or: 1, not: 1 });
    },
  },
  {
    page: 'docs/migrate.md',
    has: "builder\n  .stream(topic('views'",
    run: async (block) => {
      const builder = new StreamsBuilder();
      await play(block, { globals: { builder } }).done;
      const driver = new TopologyTestDriver(builder.build());
      const views = driver.createInputTopic(
        topic('views', { key: string(), value: json<{ page: string }>() }),
      );
      for (const page of ['home', 'shop']) views.pipeInput('ada', { page });
      const counts = driver.createOutputTopic(topic('counts', { key: string(), value: long() }));
      expect(counts.readKeyValuesToList()).toEqual([
        ['ada', 1],
        ['ada', 2],
      ]);
    },
  },
  {
    page: 'docs/operations.md',
    has: 'evolving(',
    run: async (block) => expect(await ordersOf(block)).toEqual(evolved),
  },
  {
    page: 'docs/reprocessing.md',
    has: 'evolving(',
    run: async (block) => expect(await ordersOf(block)).toEqual(evolved),
  },
  {
    page: 'docs/reprocessing.md',
    has: ".default('EUR')",
    run: async (block) => {
      const shipments = await play(block).made<Topic<string, unknown>>('shipments');
      const old = json().serialize({ sku: 'mug', units: 1 });
      expect(shipments.value.deserialize(old)).toEqual({
        sku: 'mug',
        units: 1,
        currency: 'EUR',
      });
    },
  },
  {
    page: 'docs/databases.md',
    has: 'debeziumKey(',
    run: async (block) => {
      const builder = new StreamsBuilder();
      const { made } = play(block, { globals: { builder } });
      const table = await made<KTable<unknown, { readonly email: string }>>('table');
      const changes = topic('shop.public.customers', { key: string(), value: string() });
      const driver = new TopologyTestDriver(builder.build());
      const row = { id: 7, email: 'ada@example.org' };
      const key = JSON.stringify({ id: 7 });
      const input = driver.createInputTopic(changes);
      input.pipeInput(key, JSON.stringify({ before: null, after: row, op: 'c', ts_ms: 1, source: {} }));
      const store = driver.getKeyValueStore<unknown, unknown>('customers');
      expect(table).toBeDefined();
      expect(store.get({ id: 7 })).toEqual(row);
      input.pipeInput(key, JSON.stringify({ before: row, after: null, op: 'd', ts_ms: 2, source: {} }));
      expect(store.get({ id: 7 })).toBeUndefined();
    },
  },
  {
    page: 'docs/testing.md',
    has: "import '@millrace/testing/vitest'",
    run: async (block) => {
      const { done, made } = play(block, { globals: { topology: hourlyDemand(), sales, demand } });
      await done;
      await (await made<TopologyTestDriver>('driver')).close();
    },
  },
  {
    page: 'docs/testing.md',
    has: 'MockProcessorContext',
    run: (block) => play(block).done,
  },
  {
    page: 'packages/testing/README.md',
    has: 'TopologyTestDriver',
    run: (block) => play(block, { globals: { topology: runningDemand(), sales, demand } }).done,
  },
];
