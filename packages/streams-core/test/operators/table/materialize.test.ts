import { StreamsBuilder, string, topic } from '@millrace/streams-core';
import { TopologyTestDriver } from '@millrace/testing';
import { expect, test } from 'vitest';

const left = topic('left', { key: string(), value: string() });
const right = topic('right', { key: string(), value: string() });

test('a kept table is read from its store, not worked out again', () => {
  const builder = new StreamsBuilder();
  let mapped = 0;
  const upper = builder.table(left).mapValues(
    (text) => {
      mapped++;
      return text.toUpperCase();
    },
    { as: 'upper', value: string() },
  );
  const out = topic('out', { key: string(), value: string() });
  builder
    .stream(right)
    .join(upper, (a, b) => a + b)
    .to(out);
  const driver = new TopologyTestDriver(builder.build());
  driver.createInputTopic(left).pipeInput('k', 'x');
  const stream = driver.createInputTopic(right);
  stream.pipeKeyValueList([
    ['k', '1'],
    ['k', '2'],
  ]);
  expect(driver.createOutputTopic(out).readValuesToList()).toEqual(['1X', '2X']);
  expect(mapped).toBe(1);
});
