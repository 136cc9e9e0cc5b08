import { json, StreamsBuilder, string, topic } from '@millrace/streams-core';
import { TopologyTestDriver } from '@millrace/testing';
import '@millrace/testing/vitest';
import { expect, test } from 'vitest';

const input = topic('input', { key: string(), value: json<number>() });
const output = topic('output', { key: string(), value: json<number>() });

function doubled() {
  const builder = new StreamsBuilder();
  builder
    .stream(input)
    .mapValues((value) => value * 2)
    .to(output);
  const driver = new TopologyTestDriver(builder.build());
  const source = driver.createInputTopic(input);
  source.pipeRecordList([
    { key: 'a', value: 1, timestamp: 5, headers: [{ key: 'h', value: Buffer.from('x') }] },
    { key: 'b', value: 2, timestamp: 6 },
  ]);
  return driver.createOutputTopic(output);
}

test('toHaveProduced asks about what it names, of all records', () => {
  expect(doubled()).toHaveProduced([{ key: 'a', value: 2, timestamp: 5, headers: { h: 'x' } }, { value: 4 }]);
  expect(doubled()).not.toHaveProduced([{ key: 'a' }]);
  expect(() => expect(doubled()).toHaveProduced([{ key: 'a', value: 3 }, { key: 'b' }])).toThrow(
    /not those expected/,
  );
});

test('toHaveProducedTable asks about the last values', () => {
  expect(doubled()).toHaveProducedTable({ a: 2, b: 4 });
  expect(() => expect(doubled()).toHaveProducedTable({ a: 2 })).toThrow(/not those expected/);
  expect(() => expect('text').toHaveProducedTable({})).toThrow(/is for a TestOutputTopic/);
});
