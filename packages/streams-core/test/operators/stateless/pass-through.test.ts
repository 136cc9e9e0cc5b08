import { json, StreamsBuilder, string, topic } from '@millrace/streams-core';
import { TopologyTestDriver } from '@millrace/testing';
import { expect, test } from 'vitest';
import { input, output, show } from '../support.ts';

test('merge passes on the records of both streams as they come', () => {
  const other = topic('other', { key: string(), value: json<string>() });
  const builder = new StreamsBuilder();
  builder.stream(input).merge(builder.stream(other)).to(output);
  const driver = new TopologyTestDriver(builder.build());
  const [first, second] = [driver.createInputTopic(input), driver.createInputTopic(other)];
  first.pipeInput('a', 1, { timestamp: 5 });
  second.pipeInput('b', 'x', { timestamp: 3 });
  first.pipeInput('a', 2, { timestamp: 4 });
  expect(driver.createOutputTopic(output).readRecordsToList().map(show)).toEqual([
    'a=1@5',
    'b="x"@3',
    'a=2@4',
  ]);
});
