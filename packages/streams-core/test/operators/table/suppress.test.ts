import {
  StreamsBuilder,
  string,
  TimeWindows,
  topic,
  untilTimeLimit,
  untilWindowCloses,
} from '@millrace/streams-core';
import { TopologyTestDriver } from '@millrace/testing';
import { describe, expect, test } from 'vitest';
import { input, output, show, through, withNulls } from '../support.ts';

const counted = (windows: TimeWindows) => (stream: Parameters<Parameters<typeof through<number>>[1]>[0]) =>
  stream.groupByKey().windowedBy(windows).count().suppress(untilWindowCloses()).toStream();

test('one result for each window and key, once stream time reaches its end plus grace', () => {
  const out = through<number>(input, counted(TimeWindows.of(10).grace(5)), [
    ['b', 1, 1],
    ['a', 1, 2],
    ['a', 1, 9],
    ['a', 1, 14],
    ['b', 1, 3],
    ['a', 1, 15],
    ['a', 1, 40],
  ]);
  // At 15 the first window closes: by key within it; at 40 the second does.
  expect(out).toEqual(['a[0,10)=2@9', 'b[0,10)=2@3', 'a[10,20)=2@15']);
});

test('a record that is late for a closed window changes no final result', () => {
  const out = through<number>(input, counted(TimeWindows.of(10)), [
    ['a', 1, 1],
    ['a', 1, 10],
    ['a', 1, 2],
    ['a', 1, 20],
  ]);
  expect(out).toEqual(['a[0,10)=1@1', 'a[10,20)=1@10']);
});

test('several windows that close at once come out by their end', () => {
  const out = through<number>(input, counted(TimeWindows.of(10).advanceBy(5).grace(0)), [
    ['a', 1, 7],
    ['b', 1, 50],
  ]);
  expect(out).toEqual(['a[0,10)=1@7', 'a[5,15)=1@7']);
});

test('untilWindowCloses of a table without windows is refused', () => {
  const builder = new StreamsBuilder();
  const table = builder.stream(withNulls(input)).groupByKey().count();
  // @ts-expect-error: a plain table has no windows
  expect(() => table.suppress(untilWindowCloses())).toThrow(
    /only the result of a windowed aggregation has windows that close/,
  );
});

test('the buffer is restored from its changelog with keys, values and headers', () => {
  const builder = new StreamsBuilder();
  builder
    .stream(withNulls(input))
    .groupByKey()
    .windowedBy(TimeWindows.of(10))
    .count()
    .suppress(untilWindowCloses({ name: 'hold' }))
    .toStream()
    .to(output);
  const driver = new TopologyTestDriver(builder.build());
  const topicIn = driver.createInputTopic(input);
  topicIn.pipeInput('a', 1, { timestamp: 1, headers: [{ key: 'h', value: Buffer.from('x') }] });
  expect([...driver.producedTopicNames]).toContain('test-app-hold-store-changelog');
  topicIn.pipeInput('a', 1, { timestamp: 10 });
  const record = driver.createOutputTopic(output).readRecord();
  expect(show(record)).toBe('a[0,10)=1@1');
  expect(record.headers).toEqual([{ key: 'h', value: Buffer.from('x') }]);
});

describe('until a time limit', () => {
  const limited =
    (until: ReturnType<typeof untilTimeLimit>) =>
    (stream: Parameters<Parameters<typeof through<number>>[1]>[0]) =>
      stream
        .groupByKey()
        .reduce((a, b) => a + b)
        .suppress(until)
        .toStream();

  test('the last change of a row is emitted once stream time has passed the first by the limit', () => {
    const out = through<number>(input, limited(untilTimeLimit(10)), [
      ['a', 1, 0],
      ['a', 1, 9],
      ['b', 1, 9],
      ['b', 1, 10],
      ['c', 1, 18],
      ['c', 1, 19],
    ]);
    expect(out).toEqual(['a=2@9', 'b=2@10']);
  });

  test('with a limit of records the earliest goes before its time', () => {
    const until = untilTimeLimit(1000, { buffer: { maxRecords: 1, whenFull: 'emit' } });
    expect(
      through<number>(input, limited(until), [
        ['a', 1, 0],
        ['a', 1, 1],
        ['b', 1, 2],
        ['c', 1, 3],
      ]),
    ).toEqual(['a=2@1', 'b=1@2']);
  });

  test('a strict buffer that is full stops the app with a remedy', () => {
    const until = untilTimeLimit(1000, { name: 'hold', buffer: { maxRecords: 1, whenFull: 'shutdown' } });
    const records = [
      ['a', 1, 0],
      ['b', 1, 2],
    ] as const;
    expect(() => through<number>(input, limited(until), records)).toThrow(
      /hold: the buffer is full with 2 records.*allow it more, or send early with whenFull: 'emit'/,
    );
  });

  test('bytes are counted with their keys and where they came from', () => {
    const until = untilTimeLimit(1000, { buffer: { maxBytes: 60, whenFull: 'emit' } });
    expect(
      through<number>(input, limited(until), [
        ['a', 1, 0],
        ['b', 1, 2],
        ['c', 1, 3],
      ]),
    ).toEqual(['a=1@0', 'b=1@2']);
  });

  test('a buffer may be as large as its limit says, and no larger', () => {
    // 28 bytes of times and places, the topic's name, the key and the new value.
    const bytes = 28 + input.name.length + 1 + 1;
    const through1 = (maxBytes: number): string[] =>
      through<number>(
        input,
        (stream) =>
          stream
            .toTable()
            .suppress(untilTimeLimit(1000, { buffer: { maxBytes, whenFull: 'emit' } }))
            .toStream(),
        [['a', 1, 0]],
      );
    expect(through1(bytes)).toEqual([]);
    expect(through1(bytes - 1)).toEqual(['a=1@0']);
  });

  test('deletes go on too', () => {
    const out = through<number>(input, (stream) => stream.toTable().suppress(untilTimeLimit(0)).toStream(), [
      ['a', 1, 0],
      ['a', null, 1],
    ]);
    expect(out).toEqual(['a=1@0', 'a=null@1']);
  });

  test('rows that wait are looked up as they were before', () => {
    const builder = new StreamsBuilder();
    const table = builder.table(input).suppress(untilTimeLimit(10));
    const other = topic('other', { key: string(), value: string() });
    builder
      .stream(withNulls(other))
      .leftJoin(table, (_text, n) => n)
      .to(output);
    const driver = new TopologyTestDriver(builder.build());
    const rows = driver.createInputTopic(input);
    const asks = driver.createInputTopic(other);
    const results = driver.createOutputTopic(output);
    rows.pipeInput('a', 1, { timestamp: 0 });
    asks.pipeInput('a', '?');
    rows.pipeInput('b', 0, { timestamp: 10 });
    rows.pipeInput('a', 2, { timestamp: 11 });
    asks.pipeInput('a', '?');
    rows.pipeInput('b', 0, { timestamp: 30 });
    asks.pipeInput('a', '?');
    expect(results.readValuesToList()).toEqual([null, 1, 2]);
  });
});

test('a row that waits and was not there before is not there for joins either', () => {
  const builder = new StreamsBuilder();
  const rows = builder.table(topic('rows', { key: string(), value: string() }));
  const orders = builder.stream(topic('orders', { key: string(), value: string() }));
  const seen: string[] = [];
  orders
    .join(rows.suppress(untilTimeLimit(10)), (order, row) => `${order} ${row}`)
    .foreach((value) => void seen.push(value));
  const driver = new TopologyTestDriver(builder.build());
  const pipe = (to: string, value: string, timestamp: number): void =>
    driver
      .createInputTopic(topic(to, { key: string(), value: string() }))
      .pipeInput('k', value, { timestamp });
  pipe('rows', 'one', 0);
  pipe('orders', 'early', 1);
  pipe('rows', 'two', 20);
  pipe('orders', 'first', 21);
  pipe('rows', 'three', 40);
  pipe('orders', 'second', 41);
  // The first row is sent with what has become of it meanwhile; the third waits.
  expect(seen).toEqual(['first two', 'second two']);
});
