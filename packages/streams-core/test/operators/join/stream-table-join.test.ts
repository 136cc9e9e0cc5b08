import { json, StreamsBuilder, string, topic } from '@millrace/streams-core';
import { TopologyTestDriver } from '@millrace/testing';
import { expect, test } from 'vitest';
import { input, output, show, withNulls } from '../support.ts';

const names = topic('names', { key: string(), value: string() });

function setUp(build: (builder: StreamsBuilder) => void) {
  const builder = new StreamsBuilder();
  build(builder);
  const driver = new TopologyTestDriver(builder.build());
  const results = driver.createOutputTopic(output);
  return {
    driver,
    stream: driver.createInputTopic(input),
    table: driver.createInputTopic(names),
    results: () => results.readRecordsToList().map(show),
  };
}

test('join: only the stream triggers, with the row of the moment and its own timestamp', () => {
  const { stream, table, results } = setUp((builder) =>
    builder
      .stream(withNulls(input))
      .join(builder.table(names), (n, name, key) => `${key}:${n}${name}`)
      .to(output),
  );
  stream.pipeInput('a', 1, { timestamp: 1 });
  table.pipeInput('a', 'X', { timestamp: 100 });
  stream.pipeInput('a', 2, { timestamp: 2 });
  table.pipeInput('a', 'Y', { timestamp: 3 });
  stream.pipeInput('a', 3, { timestamp: 4 });
  table.pipeInput('a', null, { timestamp: 5 });
  stream.pipeInput('a', 4, { timestamp: 6 });
  expect(results()).toEqual(['a="a:2X"@2', 'a="a:3Y"@4']);
});

test('leftJoin: every record comes through, null keys too; null values never (KStreamKTableJoinProcessor)', () => {
  const { driver, stream, table, results } = setUp((builder) =>
    builder
      .stream(withNulls(input))
      .leftJoin(builder.table(names), (n, name) => [n, name])
      .to(output),
  );
  stream.pipeInput('a', 1);
  table.pipeInput('a', 'X');
  stream.pipeInput('a', 2);
  stream.pipeInput(null, 3);
  stream.pipeInput('a', null);
  expect(results()).toEqual(['a=[1,null]@0', 'a=[2,"X"]@0', 'null=[3,null]@0']);
  expect(driver.droppedRecords).toBe(1);
});

test('join leaves null keys out', () => {
  const { driver, stream, results } = setUp((builder) =>
    builder
      .stream(withNulls(input))
      .join(builder.table(names), (n) => n)
      .to(output),
  );
  stream.pipeInput(null, 1);
  expect(results()).toEqual([]);
  expect(driver.droppedRecords).toBe(1);
});

test('a stream whose key was changed goes through a topic first', () => {
  const { driver, stream, table, results } = setUp((builder) =>
    builder
      .stream(withNulls(input))
      .selectKey((n) => `k${n}`)
      .join(builder.table(names), (n, name) => `${n}${name}`)
      .to(output),
  );
  table.pipeInput('k7', 'seven');
  stream.pipeInput('whatever', 7);
  expect(results()).toEqual(['k7="7seven"@0']);
  expect([...driver.producedTopicNames]).toContain('test-app-KSTREAM-KEY-SELECT-0000000001-repartition');
});

test('a table that is filtered and mapped is looked up as it is seen', () => {
  const { stream, table, results } = setUp((builder) =>
    builder
      .stream(withNulls(input))
      .leftJoin(
        builder
          .table(names)
          .filter((name) => name !== 'hidden')
          .mapValues((name) => name.toUpperCase()),
        (_n, name) => name,
      )
      .to(output),
  );
  table.pipeInput('a', 'ann');
  table.pipeInput('b', 'hidden');
  stream.pipeKeyValueList([
    ['a', 1],
    ['b', 1],
  ]);
  expect(results()).toEqual(['a="ANN"@0', 'b=null@0']);
});

// Kafka Streams 4.3, KStreamKTableJoinProcessor#maybeDropRecord: until 4.0 such a record was dropped.
test('a left join with a global table joins a record without a key for it with nothing', () => {
  const { stream, table, results } = setUp((builder) => {
    const global = builder.globalTable(names);
    builder
      .stream(withNulls(input))
      .leftJoin(
        global,
        (n) => (n === 0 ? null : `id-${n}`),
        (n, name) => `${n}${name}`,
      )
      .to(output);
  });
  table.pipeInput('id-1', 'one');
  stream.pipeKeyValueList([
    ['a', 1],
    ['b', 2],
    ['c', 0],
  ]);
  expect(results()).toEqual(['a="1one"@0', 'b="2null"@0', 'c="0null"@0']);
});

test('an inner join with a global table leaves out what finds no row', () => {
  const { stream, table, results } = setUp((builder) =>
    builder
      .stream(withNulls(input))
      .join(
        builder.globalTable(names),
        (_, key) => key,
        (n, name) => `${n}${name}`,
      )
      .to(output),
  );
  table.pipeInput('a', 'A');
  stream.pipeKeyValueList([
    ['a', 1],
    ['b', 2],
  ]);
  expect(results()).toEqual(['a="1A"@0']);
});

test('json values in a table do not change under the hands of a joiner', () => {
  const carts = topic('names', { key: string(), value: json<{ items: number[] }>() });
  const { stream, results, driver } = setUp((builder) =>
    builder
      .stream(withNulls(input))
      .join(builder.table(carts), (n, cart) => {
        cart.items.push(n);
        return cart.items;
      })
      .to(output),
  );
  driver.createInputTopic(carts).pipeInput('a', { items: [0] });
  stream.pipeKeyValueList([
    ['a', 1],
    ['a', 2],
  ]);
  expect(results()).toEqual(['a=[0,1]@0', 'a=[0,2]@0']);
});
