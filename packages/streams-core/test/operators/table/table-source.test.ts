import { StreamsBuilder } from '@millrace/streams-core';
import { TopologyTestDriver } from '@millrace/testing';
import { expect, test } from 'vitest';
import { output, show, through, words } from '../support.ts';

test('the last value of a key is its row, also when it comes late; null deletes (KTableSource)', () => {
  const builder = new StreamsBuilder();
  builder.table(words, { as: 'rows' }).toStream().to(output);
  const driver = new TopologyTestDriver(builder.build());
  const topicIn = driver.createInputTopic(words);
  topicIn.pipeInput('a', 'first', { timestamp: 10 });
  topicIn.pipeInput('a', 'late', { timestamp: 5 });
  topicIn.pipeInput('b', 'x', { timestamp: 6 });
  topicIn.pipeInput('b', null, { timestamp: 7 });
  topicIn.pipeInput(null, 'dropped', { timestamp: 8 });
  const store = driver.getTimestampedKeyValueStore<string, string>('rows');
  expect(store.get('a')).toEqual({ value: 'late', timestamp: 5 });
  expect(store.get('b')).toBeUndefined();
  expect(driver.createOutputTopic(output).readRecordsToList().map(show)).toEqual([
    'a="first"@10',
    'a="late"@5',
    'b="x"@6',
    'b=null@7',
  ]);
  expect(driver.droppedRecords).toBe(1);
});

test('a table nobody looks up has no store', () => {
  const builder = new StreamsBuilder();
  builder.table(words).toStream().to(output);
  expect(builder.build().stores.size).toBe(0);
});

test('toTable makes a table of a stream', () => {
  expect(
    through<string>(
      words,
      (stream) =>
        stream
          .mapValues((text) => text.length)
          .toTable()
          .toStream(),
      [
        ['a', 'xx'],
        [null, 'y'],
      ],
    ),
  ).toEqual(['a=2@0']);
});
