import { json, StreamsBuilder, string, topic } from '@millrace/streams-core';
import { TopologyTestDriver } from '@millrace/testing';
import { expect, test } from 'vitest';
import { output, show } from '../support.ts';

interface Person {
  readonly city: string | null;
  readonly age: number;
}

const people = topic('people', { key: string(), value: json<Person>() });

function run(
  build: (builder: StreamsBuilder) => void,
  records: readonly (readonly [string, Person | null])[],
): string[] {
  const builder = new StreamsBuilder();
  build(builder);
  const driver = new TopologyTestDriver(builder.build());
  driver.createInputTopic(people).pipeKeyValueList(records);
  return driver.createOutputTopic(output).readRecordsToList().map(show);
}

const byCity = (builder: StreamsBuilder) =>
  builder
    .table(people)
    .groupBy(({ city, age }) => [city as string, age] as const, { key: string(), value: json<number>() });

test('count: a row that moves leaves its group before it enters the other', () => {
  const out = run(
    (builder) => byCity(builder).count().toStream().to(output),
    [
      ['ann', { city: 'rome', age: 1 }],
      ['bob', { city: 'rome', age: 1 }],
      ['ann', { city: 'oslo', age: 1 }],
      ['bob', null],
    ],
  );
  expect(out).toEqual(['rome=1@0', 'rome=2@0', 'rome=1@0', 'oslo=1@0', 'rome=0@0']);
});

test('a row that stays in its group is one update (KIP-904)', () => {
  const sum = (builder: StreamsBuilder) =>
    byCity(builder)
      .reduce({ add: (a, b) => a + b, subtract: (a, b) => a - b })
      .toStream()
      .to(output);
  expect(
    run(sum, [
      ['ann', { city: 'rome', age: 10 }],
      ['bob', { city: 'rome', age: 5 }],
      ['ann', { city: 'rome', age: 1 }],
    ]),
  ).toEqual(['rome=10@0', 'rome=15@0', 'rome=6@0']);
});

test('aggregate subtracts the old value, then adds the new one (KTableAggregate)', () => {
  const log = (builder: StreamsBuilder) =>
    byCity(builder)
      .aggregate({
        initial: () => '0',
        add: (text, age) => `${text}+${age}`,
        subtract: (text, age) => `${text}-${age}`,
      })
      .toStream()
      .to(output);
  expect(
    run(log, [
      ['a', { city: 'x', age: 1 }],
      ['b', { city: 'x', age: 2 }],
      ['a', { city: 'x', age: 3 }],
      ['b', null],
    ]),
  ).toEqual(['x="0+1"@0', 'x="0+1+2"@0', 'x="0+1+2-1+3"@0', 'x="0+1+2-1+3-2"@0']);
});

test('a row whose new group is null is left out', () => {
  const out = run(
    (builder) => byCity(builder).count().toStream().to(output),
    [
      ['a', { city: null, age: 1 }],
      ['b', { city: 'x', age: 1 }],
      ['b', { city: null, age: 1 }],
    ],
  );
  expect(out).toEqual(['x=1@0', 'x=0@0']);
});
