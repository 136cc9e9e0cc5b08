import { json, StreamsBuilder, string, topic } from '@millrace/streams-core';
import { TopologyTestDriver } from '@millrace/testing';
import { expect, test } from 'vitest';

const input = topic('in', { key: string(), value: json<number>() });
const output = topic('out', { key: string(), value: json<number>() });

test('a record without a key is left out before a repartition topic, and counted', () => {
  const builder = new StreamsBuilder();
  builder
    .stream(input)
    .selectKey((n) => (n < 0 ? (null as unknown as string) : 'k'), { key: string() })
    .repartition({ name: 'through' })
    .to(output);
  const driver = new TopologyTestDriver(builder.build());
  driver.createInputTopic(input).pipeKeyValueList([
    ['a', -1],
    ['a', 1],
  ]);
  expect(driver.createOutputTopic(output).readValuesToList()).toEqual([1]);
  expect(driver.metrics.droppedRecords).toBe(1);
});
