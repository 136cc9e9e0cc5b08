import { StreamsBuilder, string } from '@millrace/streams-core';
import { TopologyTestDriver } from '@millrace/testing';
import { expect, test } from 'vitest';
import { input, output, show } from '../support.ts';

test('mapValues maps rows; deletes stay deletes', () => {
  const builder = new StreamsBuilder();
  builder
    .table(input)
    .mapValues((n, key) => `${key}${n}`, { as: 'texts', value: string() })
    .toStream()
    .to(output);
  const driver = new TopologyTestDriver(builder.build());
  driver.createInputTopic(input).pipeKeyValueList([
    ['a', 1],
    ['a', null],
    ['b', 2],
  ]);
  expect(driver.createOutputTopic(output).readRecordsToList().map(show)).toEqual([
    'a="a1"@0',
    'a=null@0',
    'b="b2"@0',
  ]);
  expect(driver.getKeyValueStore('texts').get('b')).toBe('b2');
});
