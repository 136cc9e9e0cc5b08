import {
  json,
  skipOnInvalidTimestamp,
  StreamsBuilder,
  string,
  topic,
  topicPattern,
  usePartitionTimeOnInvalidTimestamp,
} from '@millrace/streams-core';
import { TopologyTestDriver } from '@millrace/testing';
import { describe, expect, test } from 'vitest';
import { input, output } from '../operators/support.ts';

const serdes = { key: string(), value: json<number>() };
const [first, second] = [topic('orders-eu', serdes), topic('orders-us', serdes)];

describe('topics', () => {
  test('several topics are one stream, and all topics that match a pattern too', () => {
    for (const source of [[first, second], topicPattern(/orders-\w+/, serdes)] as const) {
      const builder = new StreamsBuilder();
      builder.stream(source).groupByKey().count({ as: 'n' }).toStream().to(output);
      const driver = new TopologyTestDriver(builder.build());
      driver.createInputTopic(first).pipeInput('a', 1);
      driver.createInputTopic(second).pipeInput('a', 2);
      driver.restart();
      driver.createInputTopic(first).pipeInput('a', 3);
      expect(driver.createOutputTopic(output).readValuesToList()).toEqual([1, 2, 3]);
      expect(() => driver.createInputTopic(topic('my-orders-eu', serdes)).pipeInput('a', 1)).toThrow(
        /does not read the topic "my-orders-eu"/,
      );
    }
  });

  test('a pattern is described as Kafka Streams does', () => {
    const builder = new StreamsBuilder();
    builder.stream(topicPattern(/orders-\d/, serdes)).to(output);
    expect(builder.build().describe()).toContain('Source: KSTREAM-SOURCE-0000000000 (topics: orders-\\d)');
  });

  test('a topic cannot be read both by name and by pattern', () => {
    const byName = new StreamsBuilder();
    byName.stream(first);
    expect(() => byName.stream(topicPattern(/orders-.*/, serdes))).toThrow(/matches the topic "orders-eu"/);
    const byPattern = new StreamsBuilder();
    byPattern.stream(topicPattern(/orders-.*/, serdes));
    expect(() => byPattern.stream(first)).toThrow(/read by KSTREAM-SOURCE-0000000000 already/);
  });

  test('a topic that is read twice is read by one source, with one reset', () => {
    const builder = new StreamsBuilder();
    builder.stream(first, { offsetReset: 'latest' });
    expect(() => builder.stream(first)).not.toThrow();
    expect(() => builder.table(first, { offsetReset: 'earliest' })).toThrow(
      /read by KSTREAM-SOURCE-0000000000 already with the offsetReset "latest"/,
    );
  });
});

describe('timestamps', () => {
  const timestamps = (consumed: Parameters<StreamsBuilder['stream']>[1]) => {
    const builder = new StreamsBuilder();
    builder.stream(input, consumed as never).to(output);
    const driver = new TopologyTestDriver(builder.build());
    const source = driver.createInputTopic(input);
    for (const [value, timestamp] of [
      [1, 10],
      [2, -1],
      [3, 4],
    ] as const) {
      source.pipeInput('a', value, { timestamp });
    }
    const found = driver.createOutputTopic(output).readRecordsToList();
    return { found: found.map((record) => [record.value, record.timestamp]), metrics: driver.metrics };
  };

  test('a negative timestamp stops the app, whatever is done with records that cannot be read', () => {
    const builder = new StreamsBuilder();
    builder.stream(input).to(output);
    const driver = new TopologyTestDriver(builder.build(), {
      deserializationExceptionHandler: () => 'continue',
    });
    const source = driver.createInputTopic(input);
    expect(() => source.pipeInput('a', 1, { timestamp: -1 })).toThrow(
      /its timestamp is -1; it must not be negative: give the source a timestampExtractor/,
    );
  });

  test('a record with a bad timestamp is left out, or gets the time of its partition', () => {
    const skipped = timestamps({ timestampExtractor: skipOnInvalidTimestamp });
    expect(skipped.found).toEqual([
      [1, 10],
      [3, 4],
    ]);
    expect(skipped.metrics.droppedRecords).toBe(1);
    const replaced = timestamps({ timestampExtractor: usePartitionTimeOnInvalidTimestamp });
    expect(replaced.found).toEqual([
      [1, 10],
      [2, 10],
      [3, 4],
    ]);
  });

  test('an extractor of your own sees the record and where it came from, and orders records by what it gives', () => {
    const seen: unknown[] = [];
    const builder = new StreamsBuilder();
    builder
      .stream(input, {
        timestampExtractor: ({ value, topic: name, partition, offset }, partitionTime) => {
          seen.push([name, partition, offset, partitionTime]);
          return value * 100;
        },
      })
      .to(output);
    const driver = new TopologyTestDriver(builder.build());
    driver.createInputTopic(input).pipeKeyValueList([
      ['a', 2],
      ['a', 1],
    ]);
    expect(
      driver
        .createOutputTopic(output)
        .readRecordsToList()
        .map(({ timestamp }) => timestamp),
    ).toEqual([200, 100]);
    expect(seen).toEqual([
      ['input', 0, 0, -1],
      ['input', 0, 1, 200],
    ]);
  });

  test('a timestamp in the far future is taken as it is, and makes what comes after late', () => {
    const far = Date.UTC(9999, 0, 1);
    const builder = new StreamsBuilder();
    builder.stream(input).to(output);
    const driver = new TopologyTestDriver(builder.build());
    driver.createInputTopic(input).pipeInput('a', 1, { timestamp: far });
    expect(driver.createOutputTopic(output).readRecord().timestamp).toBe(far);
  });
});
