import { readFileSync } from 'node:fs';
import { days, minutes, type Topic, type Topology } from 'millrace';
import { TopologyTestDriver } from 'millrace/testing';
import { expect, test } from 'vitest';
import { alert, alerts, logs } from '../src/alert.ts';
import { addresses, callService, places } from '../src/call-service.ts';
import { countByWindow, perMinute, requests } from '../src/count-by-window.ts';
import { deduplicate, events, unique } from '../src/deduplicate.ts';
import { enrich, lines, priced, products } from '../src/enrich.ts';
import { accounts, customers, foreignKey, statements } from '../src/foreign-key.ts';
import { match, ordered, outcomes, paid } from '../src/match.ts';
import { clicks, sessions, visits } from '../src/sessions.ts';
import { overdue, steps, timeOut } from '../src/time-out.ts';
import { accepted, orders, refused, validate } from '../src/validate.ts';

/** What comes out of a topology, and a way to put records in. */
function running(topology: Topology) {
  const driver = new TopologyTestDriver(topology);
  return {
    driver,
    pipe: <K, V>(to: Topic<K, V>, key: K, value: V | null, timestamp = 0): void =>
      driver.createInputTopic(to).pipeInput(key, value, { timestamp }),
    read: <K, V>(from: Topic<K, V>) => driver.createOutputTopic(from).readKeyValuesToList(),
  };
}

test('validate: what does not make sense goes to another topic', () => {
  const { pipe, read } = running(validate());
  pipe(orders, 'a', { sku: 'mug', quantity: 2 });
  pipe(orders, 'b', { sku: 'cup', quantity: 0 });
  expect(read(accepted)).toEqual([['a', { sku: 'mug', quantity: 2 }]]);
  expect(read(refused)).toEqual([['b', 'cup: 0 is no quantity']]);
});

test('count by window: one result for each window, once it is closed', () => {
  const { pipe, read } = running(countByWindow());
  pipe(requests, 'ann', '/', 10_000);
  pipe(requests, 'bob', '/', minutes(1) + 5);
  pipe(requests, 'eve', '/', 20_000); // late
  expect(read(perMinute)).toEqual([]);
  pipe(requests, 'bob', '/help', minutes(2) + 1);
  expect(read(perMinute)).toEqual([[{ key: '/', window: { start: 0, end: minutes(1) } }, 2]]);
});

test('sessions: clicks less than half an hour apart', () => {
  const { pipe, read } = running(sessions());
  for (const minute of [0, 10, 35, 80]) pipe(clicks, 'ann', 'x', minutes(minute));
  pipe(clicks, 'bob', 'x', minutes(120));
  expect(read(visits)).toEqual([
    [{ key: 'ann', window: { start: 0, end: minutes(35) } }, 3],
    [{ key: 'ann', window: { start: minutes(80), end: minutes(80) } }, 1],
  ]);
});

test('enrich: with the row of the moment', () => {
  const { pipe, read } = running(enrich());
  pipe(products, 'm', { name: 'mug', price: 3 });
  pipe(lines, 'm', { quantity: 2 });
  pipe(products, 'm', { name: 'mug', price: 4 });
  pipe(lines, 'm', { quantity: 2 });
  pipe(lines, 'unknown', { quantity: 1 });
  expect(read(priced)).toEqual([
    ['m', '2 mug: 6'],
    ['m', '2 mug: 8'],
  ]);
});

test('match: orders with their payments, or without', () => {
  const { pipe, read } = running(match());
  pipe(ordered, 'a', { amount: 10 }, 0);
  pipe(ordered, 'b', { amount: 20 }, 0);
  pipe(paid, 'a', { amount: 10 }, minutes(9));
  pipe(paid, 'c', { amount: 1 }, minutes(12));
  expect(read(outcomes)).toEqual([
    ['a', 'paid 10 of 10'],
    ['b', 'unpaid'],
  ]);
});

test('deduplicate: once a day', () => {
  const { pipe, read } = running(deduplicate());
  for (const time of [0, 5, days(1) + 10]) pipe(events, 'k', { id: 'one', what: String(time) }, time);
  expect(read(unique).map(([, event]) => event?.what)).toEqual(['0', String(days(1) + 10)]);
});

test('foreign key: both sides change the result', () => {
  const { pipe, read } = running(foreignKey());
  pipe(accounts, '1', { owner: 'c', balance: 5 });
  pipe(customers, 'c', { name: 'Ann' });
  pipe(customers, 'c', { name: 'Anna' });
  pipe(accounts, '1', null);
  expect(read(statements)).toEqual([
    ['1', 'Ann has 5'],
    ['1', 'Anna has 5'],
    ['1', null],
  ]);
});

test('alert: once for each minute', () => {
  const { pipe, read } = running(alert());
  for (const second of [1, 2, 3, 4]) pipe(logs, 'shop', 'error', second * 1000);
  pipe(logs, 'shop', 'info', 5000);
  for (const second of [61, 62]) pipe(logs, 'shop', 'error', second * 1000);
  expect(read(alerts)).toEqual([['shop', '3 errors in the minute from 1970-01-01T00:00:00.000Z']]);
});

test('time out: what is not paid in time', () => {
  const { driver, pipe, read } = running(timeOut());
  pipe(steps, 'a', 'placed', 0);
  pipe(steps, 'b', 'placed', 0);
  pipe(steps, 'a', 'paid', minutes(5));
  driver.restart();
  pipe(steps, 'c', 'placed', minutes(16));
  expect(read(overdue)).toEqual([['b', 'not paid in time']]);
});

test('call a service: with another attempt where it fails', async () => {
  let calls = 0;
  const locate = async (address: string): Promise<string> => {
    if (++calls === 1) throw new Error('busy');
    return `${address} is here`;
  };
  const { driver, pipe, read } = running(callService(locate));
  pipe(addresses, 'k', 'Main Street');
  await driver.settled();
  expect(read(places)).toEqual([['k', 'Main Street is here']]);
  expect(calls).toBe(2);
});

test('docs/recipes.md shows them as they are here', () => {
  const page = readFileSync(new URL('../../../docs/recipes.md', import.meta.url), 'utf8');
  const blocks = [...page.matchAll(/```ts (?<file>\S+)\n(?<code>.*?)```/gs)];
  expect(blocks).toHaveLength(10);
  for (const { groups } of blocks) {
    const file = new URL(`../src/${groups!['file']!}`, import.meta.url);
    expect(groups!['code']).toBe(readFileSync(file, 'utf8'));
  }
});
