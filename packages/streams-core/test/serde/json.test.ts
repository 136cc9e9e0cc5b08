import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { EmbeddedLog } from '@millrace/embedded-log';
import {
  createTopics,
  json,
  nullable,
  producer,
  records,
  SchemaError,
  type Serde,
  StreamsApp,
  StreamsBuilder,
  string,
  TimeWindows,
  timeWindowed,
  topic,
  untilWindowCloses,
} from '@millrace/streams-core';
import { TopologyTestDriver } from '@millrace/testing';
import { type } from 'arktype';
import * as v from 'valibot';
import { describe, expect, expectTypeOf, onTestFinished, test } from 'vitest';
import { z } from 'zod';

const text = (value: string) => Buffer.from(value);

test('json() is JSON, unchecked', () => {
  const serde = json<{ a: number }>();
  expect(Buffer.from(serde.serialize({ a: 1 })).toString()).toBe('{"a":1}');
  expect(serde.deserialize(text('{"b":2}'))).toEqual({ b: 2 });
});

describe('json(schema)', () => {
  const serde = json(z.object({ sku: z.string(), quantity: z.int().default(1) }));

  test('checks what it reads, and fills in defaults, from bytes and from text', () => {
    expect(serde.deserialize(text('{"sku":"a"}'))).toEqual({ sku: 'a', quantity: 1 });
    expect(serde.deserializeText!('{"sku":"a"}')).toEqual({ sku: 'a', quantity: 1 });
  });

  test('refuses what does not fit, naming the field', () => {
    expect(() => serde.deserialize(text('{"sku":7}'))).toThrow(/sku/);
    expect(() => serde.deserialize(text('{'))).toThrow(SyntaxError);
  });
});

describe('a schema of any library that speaks Standard Schema', () => {
  interface Sale {
    sku: string;
    quantity: number;
  }
  const zod = json(z.object({ sku: z.string(), quantity: z.number() }));
  const valibot = json(v.object({ sku: v.string(), quantity: v.number() }));
  const arktype = json(type({ sku: 'string', quantity: 'number' }));
  const parsing = json({
    parse(value: unknown): Sale {
      const sale = value as Partial<Sale>;
      if (typeof sale.sku !== 'string') throw new TypeError('sku: no text');
      if (typeof sale.quantity !== 'number') throw new TypeError('quantity: no number');
      return sale as Sale;
    },
  });
  expectTypeOf(zod).toEqualTypeOf<Serde<Sale>>();
  expectTypeOf(valibot).toEqualTypeOf<Serde<Sale>>();
  expectTypeOf(arktype).toEqualTypeOf<Serde<Sale>>();
  expectTypeOf(parsing).toEqualTypeOf<Serde<Sale>>();

  test.each<[string, Serde<Sale>]>([
    ['zod', zod],
    ['valibot', valibot],
    ['arktype', arktype],
    ['one with parse', parsing],
  ])('gives the value, and says where one does not fit: %s', (_, serde) => {
    const sale = { sku: 'mug', quantity: 2 };
    expect(serde.deserialize(serde.serialize(sale))).toEqual(sale);
    serde.check!(sale);
    expect(() => serde.deserialize(text('{"sku":"mug","quantity":"2"}'))).toThrow(/^quantity: /);
    expect(() => serde.check!({ quantity: 2 } as Sale)).toThrow(/^sku: /);
  });

  test('tells a few of many issues, in one line', () => {
    const nested = json(z.object({ lines: z.array(z.object({ n: z.number() })) }));
    const lines = Array.from({ length: 7 }, () => ({ n: 'x' }));
    const error = (() => {
      try {
        return nested.deserialize(text(JSON.stringify({ lines })));
      } catch (caught) {
        return caught as SchemaError;
      }
    })();
    expect(error).toBeInstanceOf(SchemaError);
    expect((error as SchemaError).issues).toHaveLength(7);
    expect((error as SchemaError).message).toMatch(
      /^lines\.0\.n: Invalid input: expected number, received string; .*lines\.4\.n: [^;]*; and 2 more$/,
    );
    expect(() => json(z.number()).deserialize(text('"x"'))).toThrow(/^Invalid input: expected number/);
  });

  test('has to answer at once', () => {
    const slow = json(z.string().refine(() => Promise.resolve(true)));
    expect(() => slow.deserialize(text('"x"'))).toThrow(/asynchronous/);
  });
});

test('what JSON has no form for is refused', () => {
  expect(() => json<unknown>().serialize(undefined)).toThrow('JSON has no form for undefined');
  expect(() => json<bigint>().serialize(1n)).toThrow(/BigInt/);
});

describe('json({ immutable: true })', () => {
  interface Row {
    name: string;
    readonly tags?: string[];
  }
  const rows = topic('rows', { key: string(), value: json<Row>({ immutable: true }) });
  const sales = topic('sales', { key: string(), value: json<{ quantity: number }>() });
  const out = topic('out', { key: string(), value: json<{ quantity: number; name: string }>() });

  test('is said by the serde, with and without a schema', () => {
    expect(json<Row>({ immutable: true }).immutable).toBe(true);
    expect(json(z.object({ name: z.string() }), { immutable: true }).immutable).toBe(true);
    expect(json<Row>().immutable).toBeUndefined();
    expect(json(z.object({ name: z.string() })).immutable).toBeUndefined();
    const checked = json(z.object({ name: z.string() }), { immutable: true });
    expect(() => checked.deserialize(text('{"name":1}'))).toThrow(SchemaError);
  });

  test('rows are parsed once, however often they are looked up', async () => {
    let parsed = 0;
    const schema = {
      parse: (value: unknown) => {
        parsed++;
        return value as Row;
      },
    };
    const table = topic('rows', { key: string(), value: json(schema, { immutable: true }) });
    const builder = new StreamsBuilder();
    builder
      .stream(sales)
      .join(builder.table(table), ({ quantity }, { name }) => ({ quantity, name }))
      .to(out);
    const log = await EmbeddedLog.inMemory();
    const stateDir = mkdtempSync(path.join(tmpdir(), 'millrace-immutable-'));
    await createTopics(log, [table, sales, out]);
    const app = new StreamsApp(builder.build(), { applicationId: 'immutable', log, stateDir });
    onTestFinished(async () => {
      await app.close();
      await log.close();
      rmSync(stateDir, { recursive: true });
    });
    const toRows = await producer(log, table);
    await toRows.send('mug', { name: 'Mug' });
    parsed = 0;
    await app.start();
    const toSales = await producer(log, sales);
    for (let quantity = 0; quantity < 50; quantity++) await toSales.send('mug', { quantity });
    const found: string[] = [];
    for await (const { value } of records(log, out, { follow: true, limit: 50 })) found.push(value!.name);
    expect(found).toEqual(Array.from({ length: 50 }, () => 'Mug'));
    expect(parsed).toBe(1);
  });

  test('the test driver freezes what is read, and what is put into a store', () => {
    const reading = new StreamsBuilder();
    reading
      .stream(rows)
      .mapValues((row) => {
        row.tags?.push('changed');
        return row;
      })
      .to(rows);
    const read = new TopologyTestDriver(reading.build()).createInputTopic(rows);
    expect(() => read.pipeInput('mug', { name: 'Mug', tags: ['old'] })).toThrow(/not extensible/);

    const adding = new StreamsBuilder();
    const sum = { initial: () => ({ name: '' }), value: json<Row>({ immutable: true }) };
    adding
      .stream(sales)
      .groupByKey()
      .aggregate({
        ...sum,
        add: (row, { quantity }) => {
          row.name = `${quantity}`;
          return row;
        },
      })
      .toStream()
      .to(rows);
    const input = new TopologyTestDriver(adding.build()).createInputTopic(sales);
    input.pipeInput('mug', { quantity: 1 });
    expect(() => input.pipeInput('mug', { quantity: 2 })).toThrow(/read only/);
  });

  test('as a key it is found by what it says, in windows and by foreign keys too', () => {
    interface Place {
      readonly city: string;
    }
    const place = json<Place>({ immutable: true });
    const visits = topic('visits', { key: string(), value: json<{ readonly at: Place }>() });
    const cities = topic('cities', { key: place, value: string() });
    const builder = new StreamsBuilder();
    const counts = topic('counts', { key: place, value: json<number>() });
    const windows = topic('windows', { key: timeWindowed(place, 1000), value: json<number>() });
    const homes = topic('homes', { key: string(), value: json<{ readonly at: Place }>() });
    const named = topic('named', { key: string(), value: nullable(string()) });
    const grouped = builder.stream(visits).groupBy(({ at }) => at, { key: place });
    grouped.count().toStream().to(counts);
    grouped.windowedBy(TimeWindows.of(1000)).count().suppress(untilWindowCloses()).toStream().to(windows);
    builder
      .table(homes)
      .join(
        builder.table(cities),
        ({ at }) => at,
        ({ at }, name) => `${at.city}: ${name}`,
      )
      .toStream()
      .to(named);
    const driver = new TopologyTestDriver(builder.build());
    driver.createInputTopic(cities).pipeInput({ city: 'ber' }, 'Berlin');
    const input = driver.createInputTopic(visits);
    const homesOf = driver.createInputTopic(homes);
    for (const key of ['ann', 'bob', 'ann']) homesOf.pipeInput(key, { at: { city: 'ber' } });
    for (const [key, timestamp] of [
      ['ann', 0],
      ['bob', 1],
      ['ann', 5000],
    ] as const)
      input.pipeInput(key, { at: { city: 'ber' } }, { timestamp });
    expect(driver.createOutputTopic(counts).readValuesToList()).toEqual([1, 2, 3]);
    expect(driver.createOutputTopic(windows).readValuesToList()).toEqual([2]);
    expect(driver.createOutputTopic(named).readKeyValuesToMap()).toEqual(
      new Map([
        ['ann', 'ber: Berlin'],
        ['bob', 'ber: Berlin'],
      ]),
    );
  });
});
