import { StreamsBuilder, string } from '@millrace/streams-core';
import { TopologyTestDriver } from '@millrace/testing';
import { expect, test } from 'vitest';
import { words } from '../support.ts';

test('groupBy sends the old group its loss and the new one its gain, through one topic', () => {
  const builder = new StreamsBuilder();
  builder
    .table(words)
    .groupBy((word) => [word.slice(0, 1), word] as const, {
      key: string(),
      value: string(),
      name: 'by-letter',
    })
    .count({ as: 'letters' });
  const driver = new TopologyTestDriver(builder.build());
  driver.createInputTopic(words).pipeKeyValueList([
    ['1', 'ant'],
    ['2', 'ape'],
    ['1', 'bee'],
    ['2', null],
  ]);
  const store = driver.getKeyValueStore<string, number>('letters');
  expect([store.get('a'), store.get('b')]).toEqual([0, 1]);
  expect([...driver.producedTopicNames]).toContain('test-app-by-letter-repartition');
});
