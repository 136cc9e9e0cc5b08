import { json, type ReceivedInput, StreamsApp, StreamsBuilder, string, topic } from '@millrace/streams-core';
import { eventsOf, replay, TopologyRecorder } from '@millrace/testing';
import { expect, test } from 'vitest';
import { caughtUp, eventually, readTopic, withLog, write } from './support.ts';

const sales = topic('sales', { key: string(), value: json<{ product: string; quantity: number }>() });
const prices = topic('prices', { key: string(), value: json<number>() });
const revenue = topic('revenue', { key: string(), value: json<number | null>() });

/** Through a topic of its own, with a global table. */
function topology() {
  const builder = new StreamsBuilder();
  builder
    .stream(sales)
    .join(
      builder.globalTable(prices),
      ({ product }) => product,
      ({ product, quantity }, price) => ({ product, amount: quantity * price }),
    )
    .groupBy(({ product }) => product, { key: string(), name: 'by-product' })
    .aggregate({ initial: () => 0, add: (sum, { amount }) => sum + amount, as: 'revenue-of' })
    .toStream()
    .to(revenue);
  return builder.build();
}

test('an app reports all input that it takes in, and a replay of it gives what the app gave', async () => {
  await withLog(async (log, stateDir) => {
    const topics = [sales, prices, revenue].map(({ name }) => ({ name, partitions: 2 }));
    await log.admin.createTopics(topics);
    await write(log, prices, [
      ['mug', 5],
      ['pen', 2],
    ]);
    const sold = ['mug', 'pen', 'mug', 'mug', 'pen'].map(
      (product, n) => [`s${n}`, { product, quantity: n + 1 }] as const,
    );
    await write(log, sales, sold);
    const recorder = new TopologyRecorder();
    const heard: ReceivedInput[] = [];
    const app = new StreamsApp(topology(), {
      applicationId: 'heard',
      log,
      stateDir,
      inputListener: (input) => {
        heard.push(input);
        recorder.inputListener(input);
      },
    });
    await app.start();
    await caughtUp(log, 'heard', sales.name);
    await eventually('all is there', async () => (await readTopic(log, revenue)).length === sold.length);
    await app.close();
    const counts: Record<string, number> = {};
    for (const { topic: name, records } of heard) counts[name] = (counts[name] ?? 0) + records.length;
    // Not what it has sent to itself.
    expect(counts).toEqual({ prices: 2, sales: sold.length });
    expect(new Set(heard.map(({ partition }) => partition))).toEqual(new Set([0, 1]));

    const driver = await replay(topology(), recorder.recording);
    const replayed = new Map(
      driver.steps
        .flatMap((step) => eventsOf(step, 'row'))
        .filter(({ store }) => store === 'revenue-of')
        .map(({ key, after }) => [key, after]),
    );
    const given = new Map((await readTopic(log, revenue)).map(({ key, value }) => [key, value]));
    expect(replayed).toEqual(given);
    expect(given).toEqual(
      new Map([
        ['mug', 40],
        ['pen', 14],
      ]),
    );
    await driver.close();
  });
});
