import {
  JoinWindows,
  json,
  keyValueStore,
  long,
  StreamsApp,
  StreamsBuilder,
  string,
  topic,
  untilTimeLimit,
} from '@millrace/streams-core';
import { TopologyTestDriver } from '@millrace/testing';
import { expect, test } from 'vitest';
import { input, output, show } from '../operators/support.ts';
import { caughtUp, eventually, readTopic, withLog, write } from '../runtime/support.ts';

const other = { ...input, name: 'other' };

test('a global table says what its store is called', () => {
  const builder = new StreamsBuilder();
  expect(builder.globalTable(input, { as: 'rates' }).queryableStoreName).toBe('rates');
  expect(builder.globalTable(other).queryableStoreName).toBeUndefined();
});

test('the DSL has global stores too', () => {
  const builder = new StreamsBuilder();
  builder.addGlobalStore({
    store: keyValueStore({ name: 'doubled', key: string(), value: long() }),
    topic: other,
    supplier: (context) => {
      const store = context.getStateStore<string, number>('doubled');
      return ({ key, value }) => store.put(key, value * 2);
    },
  });
  builder
    .stream(input)
    .processValues<number>((context) => {
      const store = context.getStateStore<string, number>('doubled');
      return ({ key }) => context.forward(store.get(key) ?? 0);
    })
    .to(output);
  const driver = new TopologyTestDriver(builder.build());
  driver.createInputTopic(other).pipeInput('a', 4);
  driver.createInputTopic(input).pipeInput('a', 1);
  expect(driver.createOutputTopic(output).readValuesToList()).toEqual([8]);
});

test('a join and a suppression may do without changelogs', () => {
  const builder = new StreamsBuilder();
  const stream = builder.stream(input);
  stream.outerJoin(builder.stream(other), (a, b) => `${a}${b}`, JoinWindows.of(5), {
    logging: false,
    storeName: 'j',
  });
  stream
    .toTable({ as: 'rows' })
    .suppress(untilTimeLimit(10, { name: 'held', logging: false }))
    .toStream();
  const logged = [...builder.build().stores.values()]
    .filter(({ logging }) => logging)
    .map(({ name }) => name);
  expect(logged).toEqual(['rows']);
});

test('a table may keep out of the cache', () => {
  const facts = (caching: boolean) => {
    const builder = new StreamsBuilder();
    builder.stream(input).groupByKey().count({ as: 'counts', name: 'counted', caching });
    const node = builder.build().nodes.get('counted');
    return node?.kind === 'processor' ? node.table?.cached : undefined;
  };
  expect([facts(true), facts(false)]).toEqual([true, false]);
});

test('a repartitioning may place its records itself', async () => {
  await withLog(async (log, stateDir) => {
    await log.admin.createTopics(['input', 'output'].map((name) => ({ name, partitions: 1 })));
    const builder = new StreamsBuilder();
    builder
      .stream(input)
      .repartition({ name: 'placed', partitions: 3, partitioner: ({ value }) => value })
      .process<string, string>((context) => (record) => context.forward({ ...record, value: context.taskId }))
      .to(output);
    const app = new StreamsApp(builder.build(), { applicationId: 'place', log, stateDir });
    await app.start();
    await write(log, input, [
      ['k', 0],
      ['k', 2],
      ['k', 1],
    ]);
    await eventually('all are through', async () => (await readTopic(log, output)).length === 3);
    await app.close();
    const tasks = (await readTopic(log, output)).map(({ value }) => String(value));
    expect(tasks.toSorted((a, b) => (a < b ? -1 : 1))).toEqual(['1_0', '1_1', '1_2']);
  });
});

test('a foreign-key join finds tables that are partitioned in their own way', async () => {
  await withLog(async (log, stateDir) => {
    const names = topic('names', { key: string(), value: string() });
    await log.admin.createTopics([
      { name: 'input', partitions: 3 },
      { name: 'names', partitions: 3 },
      { name: 'output', partitions: 1 },
    ]);
    // Both tables are partitioned by the digit that ends their keys, not by the hash of the key.
    const byDigit = ({ key }: { readonly key: string }): number => Number(key.at(-1)) % 3;
    const producer = await log.producer();
    const put = async <V>(to: typeof names | typeof input, key: string, value: V): Promise<void> => {
      const record = {
        key: string().serialize(key),
        value: json<unknown>().serialize(value),
        timestamp: 1,
        headers: [],
      };
      const text = { ...record, value: string().serialize(String(value)) };
      await producer.send([
        { topic: to.name, partition: byDigit({ key }), records: [to.name === 'names' ? text : record] },
      ]);
    };
    const builder = new StreamsBuilder();
    builder
      .table(input)
      .join(
        builder.table(names),
        (value) => `n${value}`,
        (value, name) => `${value}=${name}`,
        { name: 'fk', partitioner: byDigit, otherPartitioner: byDigit },
      )
      .toStream()
      .to(output);
    const app = new StreamsApp(builder.build(), { applicationId: 'fk', log, stateDir });
    await app.start();
    for (let n = 0; n < 6; n++) await put(names, `n${n}`, `name ${n}`);
    for (let n = 0; n < 6; n++) await put(input, `row-${5 - n}`, n);
    await caughtUp(log, 'fk', 'input');
    await eventually('all are joined', async () => (await readTopic(log, output)).length >= 6);
    await app.close();
    const found = new Set((await readTopic(log, output)).map(({ value }) => value));
    expect(found).toEqual(new Set(Array.from({ length: 6 }, (_, n) => `${n}=name ${n}`)));
  });
});

test('the first rows of each group, and who moves up', () => {
  const builder = new StreamsBuilder();
  const descending = (a: number, b: number): number => b - a;
  builder
    .stream(input)
    .groupBy(() => 'all', { key: string() })
    .topN(2, { compare: descending })
    .toStream()
    .to(output);
  builder
    .table(other)
    .groupBy((value) => ['rows', value], { key: string() })
    .topN(2, { compare: descending })
    .toStream()
    .to({ ...output, name: 'tops' });
  const driver = new TopologyTestDriver(builder.build());
  const values = driver.createInputTopic(input);
  for (const value of [3, 5, 1, 4]) values.pipeInput('k', value);
  expect(driver.createOutputTopic(output).readRecordsToList().map(show)).toEqual([
    'all=[3]@0',
    'all=[5,3]@0',
    'all=[5,3]@0',
    'all=[5,4]@0',
  ]);
  const rows = driver.createInputTopic(other);
  for (const [key, value] of [
    ['a', 3],
    ['b', 5],
    ['c', 4],
    ['b', null],
    ['a', 9],
  ] as const) {
    rows.pipeInput(key, value);
  }
  expect(driver.createOutputTopic({ ...output, name: 'tops' }).readValuesToList()).toEqual([
    [3],
    [5, 3],
    [5, 4],
    [4, 3],
    [9, 4],
  ]);
  expect(() => builder.stream(input).groupByKey().topN(0, { compare: descending })).toThrow(
    /number of rows must be a positive whole number/,
  );
});
