import { noHeaders } from '@millrace/log-client';
import { StreamsBuilder, string, topic } from '@millrace/streams-core';
import { TopologyTestDriver } from '@millrace/testing';
import { expect, test } from 'vitest';

test('a record that user code forwards and then changes is written as it was forwarded', async () => {
  const builder = new StreamsBuilder();
  const text = { key: string(), value: string() };
  builder
    .stream(topic('in', text))
    .process<string, string>((context) => ({ key, value, timestamp }) => {
      const record = { key, value, timestamp, headers: noHeaders };
      for (const word of value.split(' ')) {
        record.value = word;
        void context.forward(record);
      }
    })
    .to(topic('out', text));
  const driver = new TopologyTestDriver(builder.build());
  driver.createInputTopic(topic('in', text)).pipeInput('a', 'one two three');
  expect(driver.createOutputTopic(topic('out', text)).readValuesToList()).toEqual(['one', 'two', 'three']);
  await driver.close();
});
