import {
  bytes,
  type Cancellable,
  json,
  type KStream,
  keyValueStore,
  long,
  type PunctuationType,
  StreamsBuilder,
  string,
  windowStore,
} from '@millrace/streams-core';
import { TopologyTestDriver } from '@millrace/testing';
import { describe, expect, test } from 'vitest';
import { input, output, show, through } from '../support.ts';

const sums = keyValueStore({ name: 'sums', key: string(), value: long() });

test('a processor forwards what it likes, under any key, and keeps state in its stores', () => {
  const out = through<number>(
    input,
    (stream) =>
      stream.process<string, number>(
        (context) => {
          const store = context.store(sums);
          return ({ key, value, timestamp, headers }) => {
            const sum = (store.get(key) ?? 0) + value;
            store.put(key, sum);
            if (sum >= 3)
              return context.forward({ key: `${key}!`, value: sum, timestamp: timestamp + 1, headers });
          };
        },
        { stores: [sums] },
      ),
    [
      ['a', 1, 1],
      ['b', 5, 2],
      ['a', 2, 3],
    ],
  );
  expect(out).toEqual(['b!=5@3', 'a!=3@4']);
});

test('serdes in the options write what a processor forwards', () => {
  const one = Uint8Array.of(7, 8);
  const bytesOf = (stream: KStream<string, number>) => [
    stream.process((context) => (record) => context.forward({ ...record, value: one }), { value: bytes() }),
    stream
      .selectKey((_, key) => key)
      .processValues((context) => () => context.forward(one), { value: bytes() }),
  ];
  // JSON, the default, would make an object of the bytes.
  for (const which of [0, 1]) {
    const out = through<number>(
      input,
      (stream) =>
        bytesOf(stream)
          [which]!.repartition({ key: string() })
          .mapValues((value) => value[1] ?? -1),
      [['a', 1, 1]],
    );
    expect(out).toEqual(['a=8@1']);
  }
});

test('processValues keeps key, timestamp and headers', () => {
  expect(
    through<number>(
      input,
      (stream) =>
        stream.processValues<string>(
          (context) =>
            ({ value }) =>
              context.forward(`<${value}>`),
        ),
      [['a', 1, 7]],
    ),
  ).toEqual(['a="<1>"@7']);
});

test('a processor object is closed with its task; forwarding afterwards is refused', async () => {
  let closed = 0;
  let late = (): unknown => undefined;
  const builder = new StreamsBuilder();
  builder.stream(input).process<string, number>(
    (context) => {
      late = () => context.forward({ key: 'a', value: 1, timestamp: 0, headers: [] });
      return { process: () => {}, close: () => void closed++ };
    },
    { name: 'mine' },
  );
  const driver = new TopologyTestDriver(builder.build());
  await driver.close();
  expect(closed).toBe(1);
  expect(late).toThrow(/"mine" forwards after task 0_0 was closed/);
});

test('a store that is not connected is refused by name', () => {
  const build = () => {
    const builder = new StreamsBuilder();
    builder.addStateStore(sums);
    builder.stream(input).process((context) => {
      context.store(sums);
      return () => {};
    });
    builder.stream(input).process(() => () => {}, { stores: ['sums'] });
    return new TopologyTestDriver(builder.build());
  };
  expect(build).toThrow(/"KSTREAM-PROCESSOR-0000000001" is not connected to the store "sums"/);
});

test('a store that was never added is refused when the topology is built', () => {
  const builder = new StreamsBuilder();
  builder.stream(input).process(() => () => {}, { stores: ['nowhere'] });
  expect(() => builder.build()).toThrow(
    /uses the store "nowhere", which does not exist: add it with addStateStore/,
  );
});

test('two processors share a store; window stores work too', () => {
  const recent = windowStore({
    name: 'recent',
    key: string(),
    value: json<number>(),
    retentionMs: 1000,
    windowSizeMs: 10,
  });
  const builder = new StreamsBuilder();
  builder.stream(input).process(
    (context) => {
      const store = context.store(recent);
      return ({ key, value, timestamp }) => store.put(key, value, timestamp);
    },
    { stores: [recent] },
  );
  builder
    .stream(input)
    .processValues<number[]>(
      (context) => {
        const store = context.store(recent);
        return ({ key, timestamp }) =>
          context.forward(store.fetchRange(key, timestamp - 5, timestamp).map(({ value }) => value));
      },
      { stores: [recent] },
    )
    .to(output);
  const driver = new TopologyTestDriver(builder.build());
  const topicIn = driver.createInputTopic(input, { startTimestampMs: 0, autoAdvanceMs: 3 });
  topicIn.pipeKeyValueList([
    ['a', 1],
    ['a', 2],
    ['b', 3],
    ['a', 4],
  ]);
  expect(driver.createOutputTopic(output).readValuesToList()).toEqual([[1], [1, 2], [3], [4]]);
});

describe('punctuation', () => {
  function punctuated(type: PunctuationType, intervalMs: number) {
    const builder = new StreamsBuilder();
    let schedule: Cancellable | undefined;
    builder
      .stream(input)
      .process<string, number>((context) => {
        schedule = context.schedule(intervalMs, type, (time) => {
          expect(context.recordMetadata).toBeUndefined();
          return context.forward({ key: 'tick', value: time, timestamp: time, headers: [] });
        });
        return () => {};
      })
      .to(output);
    const driver = new TopologyTestDriver(builder.build());
    const ticks = driver.createOutputTopic(output);
    return {
      driver,
      topicIn: driver.createInputTopic(input),
      ticks: () => ticks.readRecordsToList().map(show),
      cancel: () => schedule!.cancel(),
    };
  }

  test('by stream time: at the first record, then when an interval has passed; missed ones collapse', () => {
    const { topicIn, ticks, cancel } = punctuated('stream-time', 10);
    topicIn.pipeInput('a', 1, { timestamp: 7 });
    expect(ticks()).toEqual(['tick=7@7']);
    topicIn.pipeInput('a', 1, { timestamp: 9 });
    topicIn.pipeInput('a', 1, { timestamp: 8 });
    expect(ticks()).toEqual([]);
    topicIn.pipeInput('a', 1, { timestamp: 45 });
    expect(ticks()).toEqual(['tick=45@45']);
    topicIn.pipeInput('a', 1, { timestamp: 50 });
    expect(ticks()).toEqual(['tick=50@50']);
    cancel();
    topicIn.pipeInput('a', 1, { timestamp: 99 });
    expect(ticks()).toEqual([]);
  });

  test('by wall clock: after one interval, whether or not records come', () => {
    const { driver, ticks } = punctuated('wall-clock-time', 10);
    driver.advanceWallClockTime(9);
    expect(ticks()).toEqual([]);
    driver.advanceWallClockTime(1);
    expect(ticks()).toEqual(['tick=10@10']);
    driver.advanceWallClockTime(35);
    expect(ticks()).toEqual(['tick=45@45']);
    driver.advanceWallClockTime(5);
    expect(ticks()).toEqual(['tick=50@50']);
  });

  test('an interval must be positive', () => {
    expect(() => punctuated('stream-time', 0)).toThrow(/interval must be at least 1 ms, got 0/);
  });
});
