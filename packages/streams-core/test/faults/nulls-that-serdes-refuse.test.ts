import {
  deadLetterTo,
  json,
  nullable,
  StreamsBuilder,
  string,
  topic,
  topicPattern,
  TopologyBuilder,
} from '@millrace/streams-core';
import { TopologyTestDriver } from '@millrace/testing';
import { describe, expect, test } from 'vitest';

// Kafka Streams gives user code null for what has no key or value; here a topic's types say whether there is
// any.
const orders = topic('orders', { key: string(), value: json<{ n: number }>() });
const withNull = topic('orders', { key: nullable(string()), value: nullable(json<{ n: number }>()) });
const output = topic('out', { key: json<unknown>(), value: json<unknown>() });

type Piped = readonly [key: string | null, value: { readonly n: number } | null];

function run(
  builder: { build(): ConstructorParameters<typeof TopologyTestDriver>[0] },
  piped: readonly Piped[],
  handler?: 'continue',
) {
  const driver = new TopologyTestDriver(
    builder.build(),
    handler === undefined ? {} : { deserializationExceptionHandler: () => handler },
  );
  const input = driver.createInputTopic(orders);
  for (const [key, value] of piped) input.pipeInput(key, value);
  return driver;
}

const copying = (): StreamsBuilder => {
  const builder = new StreamsBuilder();
  builder.stream(orders).to(output);
  return builder;
};

const valueIsNull =
  /^A record could not be read at KSTREAM-SOURCE-0000000000 \(record orders-0 @ 0\): the value is null, and the topic's value serde \(json\) admits no null: give the topic a nullable\(\.\.\.\) value serde, or read it as a table \(KSTREAM-SOURCE-0000000000 was added at .*nulls-that-serdes-refuse\.test\.ts:\d+\)$/;

describe('a null that the topic does not admit', () => {
  test('is a record that cannot be read: the error says which side and what to do', () => {
    expect(() => run(copying(), [['a', null]])).toThrow(valueIsNull);
    expect(() => run(copying(), [[null, { n: 1 }]])).toThrow(
      /the key is null, and the topic's key serde \(string\) admits no null: give the topic a nullable\(\.\.\.\) key serde \(KSTREAM-SOURCE-0000000000 was added at /,
    );
  });

  test('goes the way of any record that cannot be read, and is counted', () => {
    const driver = run(
      copying(),
      [
        ['a', null],
        [null, { n: 1 }],
        ['b', { n: 2 }],
      ],
      'continue',
    );
    expect(driver.createOutputTopic(output).readKeyValuesToList()).toEqual([['b', { n: 2 }]]);
    expect(driver.droppedRecords).toBe(2);
  });

  test('goes to the dead-letter topic, whole', () => {
    const driver = new TopologyTestDriver(copying().build(), {
      deserializationExceptionHandler: deadLetterTo('dead'),
    });
    driver.createInputTopic(orders).pipeInput('a', null);
    const dead = topic('dead', { key: string(), value: nullable(string()) });
    expect(driver.createOutputTopic(dead).readKeyValuesToList()).toEqual([['a', null]]);
  });

  test('is refused for patterns and in topologies of processors too', () => {
    const pattern = new StreamsBuilder();
    pattern.stream(topicPattern(/ord.*/, orders)).to(output);
    expect(() => run(pattern, [['a', null]])).toThrow(/the value is null/);
    const processors = new TopologyBuilder().addSource('in', orders);
    processors.addSink('sink', output, { parents: ['in'] });
    expect(() => run(processors, [['a', null]])).toThrow(/the value is null/);
  });

  test('is read where the serdes are nullable, whatever the timestamps come from', () => {
    for (const timestampExtractor of [undefined, () => 5]) {
      const builder = new StreamsBuilder();
      builder.stream(withNull, timestampExtractor === undefined ? {} : { timestampExtractor }).to(output);
      const driver = run(builder, [
        ['a', null],
        [null, { n: 1 }],
      ]);
      expect(driver.createOutputTopic(output).readKeyValuesToList()).toEqual([
        ['a', null],
        [null, { n: 1 }],
      ]);
      const strict = new StreamsBuilder();
      strict.stream(orders, timestampExtractor === undefined ? {} : { timestampExtractor }).to(output);
      expect(() => run(strict, [['a', null]])).toThrow(/the value is null/);
    }
  });
});

describe('a table', () => {
  test('has its deletions, and leaves out records without a key, as in Kafka Streams', () => {
    const builder = new StreamsBuilder();
    builder.table(orders).toStream().to(output);
    const driver = run(builder, [
      ['a', { n: 1 }],
      ['a', null],
      [null, { n: 1 }],
    ]);
    expect(driver.createOutputTopic(output).readKeyValuesToList()).toEqual([
      ['a', { n: 1 }],
      ['a', null],
    ]);
    expect(driver.droppedRecords).toBe(1);
  });

  test('a table and a stream of one topic share its reads: the stream must admit deletions', () => {
    const both = (source: typeof orders | typeof withNull): StreamsBuilder => {
      const builder = new StreamsBuilder();
      builder.table(orders).toStream().to(output);
      builder.stream<string | null, { n: number } | null>(source as typeof withNull).to(output);
      return builder;
    };
    expect(() => both(orders)).toThrow(
      /^orders is read by KSTREAM-SOURCE-0000000001 already, with records whose key is null: .* nullable\(\.\.\.\) serdes$/,
    );
    const driver = run(both(withNull), [['a', null]]);
    expect(driver.createOutputTopic(output).readKeyValuesToList()).toContainEqual(['a', null]);
  });
});

test("nulls pass the topology's own topics, whatever their serdes", () => {
  const builder = new StreamsBuilder();
  builder
    .table(orders)
    .toStream()
    .selectKey((_, key) => `${key}!`)
    .repartition({ key: string(), value: nullable(json<{ n: number }>()) })
    .to(output);
  const driver = run(builder, [
    ['a', { n: 1 }],
    ['a', null],
  ]);
  expect(driver.createOutputTopic(output).readKeyValuesToList()).toEqual([
    ['a!', { n: 1 }],
    ['a!', null],
  ]);
});
