import { StreamsBuilder } from '@millrace/streams-core';
import { TopologyTestDriver } from '@millrace/testing';
import { expect, test } from 'vitest';
import { input } from '../support.ts';

test('foreach hands each record to an action', () => {
  const seen: unknown[] = [];
  const builder = new StreamsBuilder();
  builder.stream(input).foreach((n, key) => void seen.push([key, n]));
  const driver = new TopologyTestDriver(builder.build());
  driver.createInputTopic(input).pipeKeyValueList([
    ['a', 1],
    ['b', 2],
  ]);
  expect(seen).toEqual([
    ['a', 1],
    ['b', 2],
  ]);
});

test('an error in the action names the node and the record', () => {
  const builder = new StreamsBuilder();
  builder.stream(input).foreach(
    () => {
      throw new Error('out of paper');
    },
    { name: 'printer' },
  );
  const driver = new TopologyTestDriver(builder.build());
  const topicIn = driver.createInputTopic(input);
  expect(() => topicIn.pipeInput('a', 1)).toThrow(
    'A record could not be processed at printer (record input-0 @ 0): out of paper',
  );
});
