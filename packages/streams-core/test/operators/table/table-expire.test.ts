import { json, long, StreamsApp, StreamsBuilder, string, topic } from '@millrace/streams-core';
import { TopologyTestDriver } from '@millrace/testing';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { caughtUp, eventually, withLog, write } from '../../runtime/support.ts';

const prices = topic('prices', { key: string(), value: json<number>() });
const current = topic('current', { key: string(), value: json<number | null>() });
const sums = topic('sums', { key: string(), value: long() });
const ttlMs = 100;

function expiring() {
  const builder = new StreamsBuilder();
  const table = builder.table(prices).expireAfter(ttlMs, { as: 'fresh' });
  table.toStream().to(current);
  return { builder, table, topology: () => builder.build() };
}

test('a row that has not changed for so long is deleted, and the delete is sent on at the time it went', async () => {
  const { table, topology } = expiring();
  const driver = new TopologyTestDriver(topology());
  const input = driver.createInputTopic(prices);
  const output = driver.createOutputTopic(current);
  input.pipeInput('mug', 3, { timestamp: 0 });
  input.pipeInput('pen', 1, { timestamp: 50 });
  input.pipeInput('mug', 4, { timestamp: 60 });
  input.pipeInput('cup', 2, { timestamp: 155 });
  expect(output.readRecordsToList().map(({ key, value, timestamp }) => [key, value, timestamp])).toEqual([
    ['mug', 3, 0],
    ['pen', 1, 50],
    ['mug', 4, 60],
    ['cup', 2, 155],
    ['pen', null, 150],
  ]);
  expect(await driver.store(table).get('pen')).toBeUndefined();
  expect(await driver.store(table).get('mug')).toBe(4);
  // What is not there need not be deleted.
  input.pipeInput('pen', null, { timestamp: 158 });
  expect(output.isEmpty).toBe(true);
  input.pipeInput('mug', null, { timestamp: 159 });
  input.pipeInput('cup', 5, { timestamp: 170 });
  expect(output.readKeyValuesToList()).toEqual([
    ['mug', null],
    ['cup', 5],
  ]);
  await driver.close();
});

test('tables that are made of it lose what a row has given them', async () => {
  const { builder, table } = expiring();
  const sum = table
    .groupBy((price) => ['all', price] as const, { key: string(), value: json<number>() })
    .aggregate({
      initial: () => 0,
      add: (total, price) => total + price,
      subtract: (total, price) => total - price,
      as: 'sum',
      value: long(),
    });
  sum
    .toStream()
    .mapValues((total) => total ?? 0)
    .to(sums);
  const driver = new TopologyTestDriver(builder.build());
  const input = driver.createInputTopic(prices);
  input.pipeInput('mug', 3, { timestamp: 0 });
  input.pipeInput('pen', 1, { timestamp: 50 });
  expect(await driver.store(sum).get('all')).toBe(4);
  input.pipeInput('cup', 10, { timestamp: 120 });
  expect(await driver.store(sum).get('all')).toBe(11);
  await driver.close();
});

test('a table keeps exactly the rows whose last change is young enough, over restarts too', async () => {
  const change = fc.record({
    key: fc.constantFrom('a', 'b', 'c'),
    value: fc.option(fc.integer({ min: 0, max: 9 }), { nil: null, freq: 5 }),
    step: fc.integer({ min: 0, max: 80 }),
    restart: fc.boolean(),
  });
  await fc.assert(
    fc.asyncProperty(fc.array(change, { maxLength: 30 }), async (changes) => {
      const { table, topology } = expiring();
      const driver = new TopologyTestDriver(topology());
      const input = driver.createInputTopic(prices);
      const rows = new Map<string, { value: number; at: number }>();
      let now = 0;
      for (const { key, value, step, restart } of changes) {
        now += step;
        input.pipeInput(key, value, { timestamp: now });
        if (value === null) rows.delete(key);
        else rows.set(key, { value, at: now });
        for (const [one, { at }] of rows) if (at + ttlMs <= now) rows.delete(one);
        if (restart) driver.restart();
        const found: Record<string, number> = {};
        for await (const row of driver.store(table).all()) found[row.key] = row.value;
        expect(found).toEqual(Object.fromEntries([...rows].map(([one, row]) => [one, row.value])));
      }
      await driver.close();
    }),
    { numRuns: 200 },
  );
});

test('a wrong time and a versioned table are refused', () => {
  const builder = new StreamsBuilder();
  expect(() => builder.table(prices).expireAfter(0)).toThrow('whole milliseconds above 0 expected, got 0');
  const versioned = builder.table({ ...prices, name: 'others' }, { as: 'v', historyRetentionMs: 10 });
  expect(() => versioned.expireAfter(10)).toThrow('rows of a versioned table cannot expire');
});

test('rows expire in a running app, and stay expired after a restart on another disk', async () => {
  await withLog(async (log, dir) => {
    await log.admin.createTopics(['prices', 'current'].map((name) => ({ name, partitions: 1 })));
    const { table, topology } = expiring();
    const run = async (
      stateDir: string,
      records: Parameters<typeof write<string, number>>[2],
    ): Promise<string[]> => {
      const app = new StreamsApp(topology(), { applicationId: 'app', log, stateDir });
      await app.start();
      await write(log, prices, records);
      await caughtUp(log, 'app', 'prices');
      await eventually('it runs', () => app.state === 'running');
      const keys: string[] = [];
      for await (const { key } of app.store(table).all()) keys.push(key);
      await app.close();
      return keys;
    };
    expect(
      await run(`${dir}/one`, [
        ['mug', 1, 0],
        ['pen', 2, 90],
      ]),
    ).toEqual(['mug', 'pen']);
    expect(await run(`${dir}/two`, [['cup', 3, 120]])).toEqual(['cup', 'pen']);
    expect(await run(`${dir}/three`, [['cup', 3, 200]])).toEqual(['cup']);
  });
});
