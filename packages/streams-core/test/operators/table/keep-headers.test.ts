import { type Header, type Headers, noHeaders } from '@millrace/log-client';
import {
  type KTable,
  json,
  keyValueStore,
  StreamsBuilder,
  string,
  timers,
  topic,
} from '@millrace/streams-core';
import { TopologyTestDriver } from '@millrace/testing';
import { describe, expect, test } from 'vitest';

const left = topic('left', { key: string(), value: string() });
const right = topic('right', { key: string(), value: string() });
const output = topic('output', { key: string(), value: json<string | null>() });

const header = (value: string): Header[] => [{ key: 'from', value: Buffer.from(value) }];
const texts = (headers: Headers | undefined) => headers?.map(({ value }) => Buffer.from(value!).toString());

type Made = (
  builder: StreamsBuilder,
  options: { as: string; keepHeaders?: boolean },
) => KTable<string, unknown>;

/** Tables of every kind; each has one row, "k", once both topics have had a record. */
const tables: Readonly<Record<string, Made>> = {
  'a topic': (builder, options) => builder.table(left, options),
  'a global topic': (builder, options) => builder.table(left, options),
  'a stream': (builder, options) => builder.stream(left).toTable(options),
  count: (builder, options) => builder.stream(left).groupByKey().count(options),
  reduce: (builder, options) =>
    builder
      .stream(left)
      .groupByKey()
      .reduce((_, value) => value, options),
  cogroup: (builder, options) =>
    builder
      .stream(left)
      .groupByKey()
      .cogroup<string>((_, value) => value)
      .aggregate({ initial: () => '', ...options }),
  'count of a table': (builder, options) =>
    builder
      .table(left)
      .groupBy((_, key) => [key, key], { key: string(), value: string() })
      .count(options),
  filter: (builder, options) => builder.table(left).filter(() => true, options),
  mapValues: (builder, options) => builder.table(left).mapValues((value) => value, options),
  transformValues: (builder, options) => builder.table(left).transformValues(() => (value) => value, options),
  'join of tables': (builder, options) =>
    builder.table(right).join(builder.table(left), (a, b) => `${a}${b}`, options),
  'foreign-key join': (builder, options) =>
    builder.table(right).join(
      builder.table(left),
      () => 'k',
      (a, b) => `${a}${b}`,
      options,
    ),
  'rows that expire': (builder, options) => builder.table(left).expireAfter(1000, options),
};

describe('rows keep the headers of the record that set them last', () => {
  test.each(Object.keys(tables))('%s', async (kind) => {
    for (const keepHeaders of [true, false]) {
      const builder = new StreamsBuilder();
      const table = tables[kind]!(builder, { as: 'rows', ...(keepHeaders ? { keepHeaders } : {}) });
      const driver = new TopologyTestDriver(builder.build());
      const [one, other] = [driver.createInputTopic(right), driver.createInputTopic(left)];
      if (kind.includes('join')) one.pipeInput('k', 'r', { timestamp: 0, headers: header('right') });
      other.pipeInput('k', 'a', { timestamp: 0, headers: header('first') });
      other.pipeInput('k', 'b', { timestamp: 1, headers: header('last') });
      const row = await driver.store(table as KTable<string, string>).getRow('k');
      expect(texts(row?.headers)).toEqual(keepHeaders ? ['last'] : undefined);
      await driver.close();
    }
  });

  test('a store of a processor keeps those of the record that is processed', async () => {
    const builder = new StreamsBuilder();
    const seen = keyValueStore({ name: 'seen', key: string(), value: string(), keepsHeaders: true });
    builder.addStateStore(seen);
    builder.stream(left).process(
      (context) => {
        const store = context.store(seen);
        return ({ key, value }) => store.put(key!, value);
      },
      { stores: ['seen'] },
    );
    const driver = new TopologyTestDriver(builder.build());
    driver.createInputTopic(left).pipeInput('k', 'a', { headers: header('mine') });
    expect(texts((await driver.store(seen).getRow('k'))?.headers)).toEqual(['mine']);
    await driver.close();
  });

  test('with versions they do not', () => {
    expect(() =>
      new StreamsBuilder().table(left, { as: 'rows', historyRetentionMs: 1, keepHeaders: true }),
    ).toThrow(/Store "rows" has both keepHeaders and historyRetentionMs/);
  });
});

test.each([true, false])('the delete of a row that expires has its headers: %s', async (keepHeaders) => {
  const builder = new StreamsBuilder();
  builder.table(left).expireAfter(100, { as: 'fresh', keepHeaders }).toStream().to(output);
  const driver = new TopologyTestDriver(builder.build());
  const [input, out] = [driver.createInputTopic(left), driver.createOutputTopic(output)];
  input.pipeInput('k', 'a', { timestamp: 0, headers: header('gone') });
  input.pipeInput('z', 'b', { timestamp: 500, headers: header('other') });
  const [, , deleted] = out.readRecordsToList();
  expect([deleted?.key, deleted?.value, texts(deleted?.headers)]).toEqual([
    'k',
    null,
    keepHeaders ? ['gone'] : [],
  ]);
  await driver.close();
});

test.each([true, false])(
  'a timer has the headers of the record that set it, and so has what it sets: %s',
  async (keepHeaders) => {
    const builder = new StreamsBuilder();
    const due = timers({ name: 'due', key: string(), keepHeaders });
    builder
      .stream(left)
      .process<string, string>(
        (context) => {
          const timer = context.timers(due, (key, { name, now, headers }) => {
            if (name === '') timer.set(key, now + 10, 'again');
            return context.forward({ key, value: name || 'first', timestamp: now, headers });
          });
          return ({ key, value, timestamp }) => {
            if (value === 'set') timer.set(key!, timestamp + 10);
          };
        },
        { stores: [due] },
      )
      .to(output);
    const driver = new TopologyTestDriver(builder.build());
    const [input, out] = [driver.createInputTopic(left), driver.createOutputTopic(output)];
    input.pipeInput('k', 'set', { timestamp: 0, headers: header('setter') });
    for (const timestamp of [50, 100]) input.pipeInput('z', 'other', { timestamp, headers: header('other') });
    expect(out.readRecordsToList().map(({ value, headers }) => [value, texts(headers)])).toEqual([
      ['first', keepHeaders ? ['setter'] : texts(noHeaders)],
      ['again', keepHeaders ? ['setter'] : texts(noHeaders)],
    ]);
    await driver.close();
  },
);
