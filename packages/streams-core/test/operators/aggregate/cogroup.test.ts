import {
  json,
  type InsertOnlyKTable,
  long,
  SessionWindows,
  StreamsBuilder,
  string,
  TimeWindows,
  topic,
  untilWindowCloses,
} from '@millrace/streams-core';
import { TopologyTestDriver } from '@millrace/testing';
import { expect, expectTypeOf, test } from 'vitest';
import { output, show } from '../support.ts';

const clicks = topic('clicks', { key: string(), value: json<{ page: string }>() });
const sales = topic('sales', { key: string(), value: json<number>() });

interface Visit {
  readonly clicks: number;
  readonly spent: number;
}

const start = { initial: (): Visit => ({ clicks: 0, spent: 0 }) };

function grouped(builder: StreamsBuilder) {
  return builder
    .stream(clicks)
    .groupByKey()
    .cogroup<Visit>((visit) => ({ ...visit, clicks: visit.clicks + 1 }))
    .cogroup(builder.stream(sales).groupByKey(), (visit, amount) => ({
      ...visit,
      spent: visit.spent + amount,
    }));
}

function run(builder: StreamsBuilder) {
  const driver = new TopologyTestDriver(builder.build());
  const inputs = { clicks: driver.createInputTopic(clicks), sales: driver.createInputTopic(sales) };
  const results = driver.createOutputTopic(output);
  return { driver, ...inputs, results: () => results.readRecordsToList().map(show) };
}

test('several streams make one table, each in its own way', () => {
  const builder = new StreamsBuilder();
  const visits = grouped(builder).aggregate({ ...start, as: 'visits' });
  expectTypeOf(visits).toEqualTypeOf<InsertOnlyKTable<string, Visit>>();
  visits.toStream().to(output);
  const shop = run(builder);
  shop.clicks.pipeInput('ann', { page: '/' }, { timestamp: 5 });
  shop.sales.pipeInput('ann', 20, { timestamp: 3 });
  shop.clicks.pipeInput('bob', { page: '/' }, { timestamp: 6 });
  expect(shop.results()).toEqual([
    'ann={"clicks":1,"spent":0}@5',
    'ann={"clicks":1,"spent":20}@5',
    'bob={"clicks":1,"spent":0}@6',
  ]);
  expect(shop.driver.getKeyValueStore('visits').get('ann')).toEqual({ clicks: 1, spent: 20 });
});

test('its table joins and groups like any other, old values included', () => {
  const builder = new StreamsBuilder();
  grouped(builder)
    .aggregate(start)
    .groupBy(({ spent }, key) => [spent > 0 ? 'buyer' : 'visitor', key] as const, { key: string() })
    .count()
    .toStream()
    .to(output);
  const shop = run(builder);
  shop.clicks.pipeInput('ann', { page: '/' });
  shop.sales.pipeInput('ann', 20);
  expect(shop.results()).toEqual(['visitor=1@0', 'visitor=0@0', 'buyer=1@0']);
});

test('cogrouped streams aggregate by time windows, and may be suppressed', () => {
  const builder = new StreamsBuilder();
  grouped(builder)
    .windowedBy(TimeWindows.of(10))
    .aggregate(start)
    .suppress(untilWindowCloses())
    .toStream()
    .to(output);
  const shop = run(builder);
  shop.clicks.pipeInput('ann', { page: '/' }, { timestamp: 1 });
  shop.sales.pipeInput('ann', 7, { timestamp: 9 });
  shop.sales.pipeInput('ann', 1, { timestamp: 10 });
  expect(shop.results()).toEqual(['ann[0,10)={"clicks":1,"spent":7}@9']);
});

test('cogrouped streams aggregate by sessions', () => {
  const builder = new StreamsBuilder();
  grouped(builder)
    .windowedBy(SessionWindows.of(10))
    .aggregate({
      ...start,
      merge: (a, b) => ({ clicks: a.clicks + b.clicks, spent: a.spent + b.spent }),
    })
    .toStream()
    .to(output);
  const shop = run(builder);
  shop.clicks.pipeInput('ann', { page: '/' }, { timestamp: 1 });
  shop.sales.pipeInput('ann', 7, { timestamp: 9 });
  expect(shop.results()).toEqual([
    'ann[1,1)={"clicks":1,"spent":0}@1',
    'ann[1,1)=null@1',
    'ann[1,9)={"clicks":1,"spent":7}@9',
  ]);
});

test('a stream whose key was changed goes through a topic of its own', () => {
  const builder = new StreamsBuilder();
  builder
    .stream(clicks)
    .groupBy(({ page }) => page, { key: string() })
    .cogroup<number>((count) => count + 1)
    .cogroup(
      builder.stream(sales).groupBy(() => '/', { key: string() }),
      (count) => count + 10,
    )
    .aggregate({ initial: () => 0, as: 'pages', value: long() })
    .toStream()
    .to(output);
  const shop = run(builder);
  shop.clicks.pipeInput('ann', { page: '/' });
  shop.sales.pipeInput('bob', 1);
  expect(shop.results()).toEqual(['/=1@0', '/=11@0']);
});

test('a cogroup with an aggregator of another type does not compile', () => {
  const builder = new StreamsBuilder();
  const [left, right] = [builder.stream(clicks).groupByKey(), builder.stream(sales).groupByKey()];
  const started = left.cogroup<Visit>((visit) => visit);
  // @ts-expect-error: a sale is a number
  started.cogroup(right, (visit, amount) => ({ ...visit, spent: amount.page }));
  // @ts-expect-error: the aggregate is a visit
  started.aggregate({ initial: () => 0 });
});
