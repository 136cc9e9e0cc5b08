import { StreamsBuilder } from '@millrace/streams-core';
import { TopologyTestDriver } from '@millrace/testing';
import { expect, test } from 'vitest';
import { input, output, show } from '../support.ts';

test('toStream gives new values, null for a delete; with a selector under new keys', () => {
  const builder = new StreamsBuilder();
  builder
    .table(input)
    .toStream((n, key) => `${key}:${n}`)
    .to(output);
  const driver = new TopologyTestDriver(builder.build());
  driver.createInputTopic(input).pipeKeyValueList([
    ['a', 1],
    ['a', null],
  ]);
  expect(driver.createOutputTopic(output).readRecordsToList().map(show)).toEqual([
    'a:1=1@0',
    'a:null=null@0',
  ]);
});
