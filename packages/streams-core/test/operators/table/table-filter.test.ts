import { StreamsBuilder, type Topology } from '@millrace/streams-core';
import { TopologyTestDriver } from '@millrace/testing';
import { expect, test } from 'vitest';
import { input, output, show } from '../support.ts';

function run(topology: Topology, values: readonly (number | null)[]): string[] {
  const driver = new TopologyTestDriver(topology);
  driver.createInputTopic(input).pipeKeyValueList(values.map((value) => ['a', value] as const));
  return driver.createOutputTopic(output).readRecordsToList().map(show);
}

test('a row that the predicate no longer holds for is deleted', () => {
  const builder = new StreamsBuilder();
  builder
    .table(input)
    .filter((n) => n > 1)
    .toStream()
    .to(output);
  expect(run(builder.build(), [1, 2, 1, null])).toEqual(['a=null@0', 'a=2@0', 'a=null@0', 'a=null@0']);
});

test('where old values are known, a row that was not there is not deleted (KTableFilter)', () => {
  const builder = new StreamsBuilder();
  const table = builder.table(input).filter((n) => n > 1);
  table.toStream().to(output);
  // Somebody else wants old values: the filter then knows what it let through before.
  table.leftJoin(table, () => 0);
  expect(run(builder.build(), [1, 2, 1, 0, null])).toEqual(['a=2@0', 'a=null@0']);
});

test('rows that are kept already bring their old values: nothing is deleted that was not there (KTableFilter)', () => {
  const builder = new StreamsBuilder();
  builder
    .table(input, { as: 'rows' })
    .filter((n) => n > 1)
    .toStream()
    .to(output);
  expect(run(builder.build(), [1, 2, 1, 0, null])).toEqual(['a=2@0', 'a=null@0']);
});

test('filterNot keeps the others, in a store where it is given one', () => {
  const builder = new StreamsBuilder();
  builder.table(input).filterNot((n) => n > 1, { as: 'small' });
  const driver = new TopologyTestDriver(builder.build());
  driver.createInputTopic(input).pipeKeyValueList([
    ['a', 1],
    ['b', 2],
  ]);
  expect(driver.getKeyValueStore('small').get('a')).toBe(1);
  expect(driver.getKeyValueStore('small').get('b')).toBeUndefined();
});
