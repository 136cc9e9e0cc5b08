import { withNulls } from '../operators/support.ts';
import {
  deadLetterTo,
  type DroppedRecord,
  json,
  logAndContinue,
  StreamsApp,
  StreamsBuilder,
  string,
  TimeWindows,
  type Topology,
  topic,
} from '@millrace/streams-core';
import { TopologyTestDriver } from '@millrace/testing';
import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { caughtUp, eventually, readTopic, withLog, write } from '../runtime/support.ts';

const rates = topic('rates', { key: string(), value: json<{ rate: number }>() });
const orders = topic('orders', { key: string(), value: json<number>() });
const priced = topic('priced', { key: string(), value: json<number | null>() });
const raw = (name: string) => topic(name, { key: string(), value: string() });

const joined = (): Topology => {
  const builder = new StreamsBuilder();
  const global = builder.globalTable(rates);
  builder
    .stream(withNulls(orders))
    .leftJoin(
      global,
      (_, key) => key,
      (n, row) => (row === null ? null : n * row.rate),
    )
    .to(priced);
  return builder.build();
};
const names = ['rates', 'orders', 'priced', 'dead'].map((name) => ({ name, partitions: 1 }));

describe('an unreadable record in a global table\u2019s topic', () => {
  test('is left out where the handler says so, and the app starts', async () => {
    await withLog(async (log) => {
      await log.admin.createTopics(names);
      await write(log, raw('rates'), [
        ['a', '{"rate":2}'],
        ['b', 'junk'],
        ['c', '{"rate":3}'],
      ]);
      await write(log, orders, [
        ['a', 10],
        ['c', 10],
      ]);
      const reports: string[] = [];
      const app = new StreamsApp(joined(), {
        applicationId: 'app',
        log,
        deserializationExceptionHandler: logAndContinue((message) => reports.push(message)),
      });
      await app.start();
      await caughtUp(log, 'app', 'orders');
      expect((await readTopic(log, priced)).map(({ value }) => value)).toEqual([20, 30]);
      // While it runs, too.
      await write(log, raw('rates'), [['a', 'more junk']]);
      await eventually('both are reported', () => reports.length === 2);
      expect(reports[0]).toMatch(/record rates-0 @ 1/);
      expect(app.metrics.droppedRecords).toBe(2);
      await app.close();
    });
  });

  test('is an error that names topic and offset where the handler says to fail', async () => {
    await withLog(async (log) => {
      await log.admin.createTopics(names);
      await write(log, raw('rates'), [['b', 'junk']]);
      const app = new StreamsApp(joined(), { applicationId: 'app', log });
      await expect(app.start()).rejects.toMatchObject({
        code: 'RECORD_DESERIALIZATION',
        origin: { topic: 'rates', partition: 0, offset: 0 },
      });
    });
  });

  test('is left out of a global store with a processor of its own, whose errors go to the handler (KIP-1270)', () => {
    const builder = new StreamsBuilder();
    const rows = builder.globalTable(rates);
    builder
      .stream(withNulls(orders))
      .join(
        rows,
        (_, key) => key,
        (n, { rate }) => n * rate,
      )
      .to(priced);
    const driver = new TopologyTestDriver(builder.build(), {
      deserializationExceptionHandler: () => 'continue',
    });
    driver.createInputTopic(raw('rates')).pipeInput('a', 'junk');
    driver.createInputTopic(rates).pipeInput('a', { rate: 4 });
    driver.createInputTopic(orders).pipeInput('a', 2);
    expect(driver.createOutputTopic(priced).readValuesToList()).toEqual([8]);
  });
});

test('what the handler left out of a table stays out when the table is restored from the same topic', async () => {
  await withLog(async (log, stateDir) => {
    await log.admin.createTopics(names);
    await write(log, raw('rates'), [
      ['a', '{"rate":2}'],
      ['a', 'junk'],
    ]);
    const build = (): Topology => {
      const builder = new StreamsBuilder({ optimize: { reuseSourceTopics: true } });
      const table = builder.table(rates, { as: 'rates-by-key' });
      builder
        .stream(withNulls(orders))
        .join(table, (n, { rate }) => n * rate)
        .to(priced);
      return builder.build();
    };
    for (const dir of ['one', 'two']) {
      const app = new StreamsApp(build(), {
        applicationId: 'app',
        log,
        stateDir: `${stateDir}/${dir}`,
        deserializationExceptionHandler: () => 'continue',
      });
      await app.start();
      await caughtUp(log, 'app', 'rates');
      await write(log, orders, [['a', 10, 100]]);
      await caughtUp(log, 'app', 'orders');
      await app.close();
    }
    expect((await readTopic(log, priced)).map(({ value }) => value)).toEqual([20, 20]);
  });
});

describe('records that are left out without an error', () => {
  const windowed = (): Topology => {
    const builder = new StreamsBuilder();
    builder
      .stream(withNulls(orders), {
        timestampExtractor: ({ timestamp, value }) => (value === 13 ? -1 : timestamp),
      })
      .groupByKey()
      .windowedBy(TimeWindows.of(10))
      .count();
    return builder.build();
  };

  test('go to a dead-letter topic with a reason code and where they came from', () => {
    const seen: DroppedRecord[] = [];
    const driver = new TopologyTestDriver(windowed(), {
      droppedRecordHandler: Object.assign(
        (dropped: DroppedRecord) => {
          seen.push(dropped);
          return { deadLetterTopic: 'dead' };
        },
        { deadLetterTopic: 'dead' },
      ),
    });
    const input = driver.createInputTopic(orders);
    input.pipeInput('a', 1, { timestamp: 100 });
    input.pipeInput('a', 2, { timestamp: 5 });
    input.pipeInput(null, 3, { timestamp: 100 });
    input.pipeInput('a', 13, { timestamp: 100 });
    const letters = driver.createOutputTopic({ ...orders, name: 'dead' }).readRecordsToList();
    const reasons = letters.map(({ headers }) =>
      String(headers.find(({ key }) => key === '__streams.errors.reason')?.value),
    );
    expect(reasons).toEqual(['late', 'null', 'timestamp']);
    expect(seen.map(({ origin }) => origin.offset)).toEqual([1, 2, 3]);
    expect(driver.metrics.droppedRecords).toBe(3);
  });

  test('are counted by node', () => {
    const driver = new TopologyTestDriver(windowed(), { droppedRecordHandler: deadLetterTo('dead') });
    driver.createInputTopic(orders).pipeInput(null, 3, { timestamp: 100 });
    expect(driver.metrics.droppedByNode).toEqual({ 'KSTREAM-AGGREGATE-0000000002': 1 });
  });
});

describe('json(schema) checks what it writes', () => {
  const Price = z.object({ cents: z.int() });
  const prices = topic('priced', { key: string(), value: json(Price) });
  const wrong = (): Topology => {
    const builder = new StreamsBuilder();
    builder
      .stream(withNulls(orders))
      .mapValues((n) => ({ cents: n / 2 }))
      .to(prices);
    return builder.build();
  };

  test('in the test driver, always', () => {
    const driver = new TopologyTestDriver(wrong());
    driver.createInputTopic(orders).pipeInput('a', 2);
    expect(() => driver.createInputTopic(orders).pipeInput('a', 3)).toThrow(
      /A record for "priced" could not be written at KSTREAM-SINK.*expected int/s,
    );
  });

  test('in the test driver, into stores too', () => {
    const builder = new StreamsBuilder();
    builder
      .stream(withNulls(orders))
      .groupByKey()
      .aggregate({
        initial: () => ({ cents: 0 }),
        add: ({ cents }, n) => ({ cents: cents + n }),
        as: 'sums',
        value: json(Price),
      });
    const driver = new TopologyTestDriver(builder.build());
    expect(() => driver.createInputTopic(orders).pipeInput('a', 0.5)).toThrow(/expected int/);
  });

  test.each(['read', 'both'] as const)('in an app with validate: %s', async (validate) => {
    await withLog(async (log) => {
      await log.admin.createTopics(names);
      await write(log, orders, [['a', 3]]);
      const app = new StreamsApp(wrong(), { applicationId: 'app', log, validate });
      const done = app.done.catch((error: unknown) => error);
      await app.start();
      if (validate === 'read') await caughtUp(log, 'app', 'orders');
      else expect(await done).toMatchObject({ code: 'RECORD_PRODUCTION' });
      await app.close().catch(() => {});
      expect(await readTopic(log, raw('priced'))).toHaveLength(validate === 'read' ? 1 : 0);
    });
  });
});
