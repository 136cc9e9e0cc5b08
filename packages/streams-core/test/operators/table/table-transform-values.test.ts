import { json, keyValueStore, StreamsBuilder, string } from '@millrace/streams-core';
import { TopologyTestDriver } from '@millrace/testing';
import { expect, test } from 'vitest';
import { input, output, show } from '../support.ts';

const factors = keyValueStore({ name: 'factors', key: string(), value: json<number>() });

function drive(kept: boolean) {
  const builder = new StreamsBuilder();
  const transformed = builder.table(input).transformValues(
    (context) => {
      const store = context.store(factors);
      return (value, key) => {
        if (value === null) return null;
        if (value === 100) store.put(key, 2);
        return value * (store.get(key) ?? 1);
      };
    },
    { stores: [factors], ...(kept ? { as: 'transformed' } : {}) },
  );
  expect(transformed.queryableStoreName).toBe(kept ? 'transformed' : undefined);
  transformed
    .filter((value) => value > 1)
    .toStream()
    .to(output);
  const driver = new TopologyTestDriver(builder.build());
  const source = driver.createInputTopic(input);
  for (const [key, value] of [
    ['a', 5],
    ['a', 100],
    ['a', 5],
    ['a', null],
  ] as const) {
    source.pipeInput(key, value);
  }
  return { driver, found: driver.createOutputTopic(output).readRecordsToList().map(show) };
}

test('values come of a transformer with state; a deleted row is null to it', () => {
  const expected = ['a=5@0', 'a=200@0', 'a=10@0', 'a=null@0'];
  expect(drive(false).found).toEqual(expected);
  const { driver, found } = drive(true);
  expect(found).toEqual(expected);
  expect(driver.getKeyValueStore('transformed').get('a')).toBeUndefined();
});

test('its rows can be joined, kept or worked out', () => {
  for (const options of [{}, { as: 'kept' }]) {
    const builder = new StreamsBuilder();
    const table = builder
      .table(input)
      .transformValues(() => (value) => (value === null ? null : `<${value}>`), options);
    const other = builder.table({ ...input, name: 'other' });
    other
      .join(table, (a, b) => `${a}${b}`)
      .toStream()
      .to(output);
    const driver = new TopologyTestDriver(builder.build());
    driver.createInputTopic(input).pipeInput('a', 1);
    driver.createInputTopic({ ...input, name: 'other' }).pipeInput('a', 2);
    expect(driver.createOutputTopic(output).readValuesToList()).toEqual(['2<1>']);
  }
});
