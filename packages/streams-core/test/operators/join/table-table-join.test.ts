import { type KTable, StreamsBuilder, string, topic } from '@millrace/streams-core';
import { TopologyTestDriver } from '@millrace/testing';
import { describe, expect, test } from 'vitest';
import { output, show } from '../support.ts';

const left = topic('left', { key: string(), value: string() });
const right = topic('right', { key: string(), value: string() });
type Join = (a: KTable<string, string>, b: KTable<string, string>) => KTable<string, string>;
type Step = readonly ['left' | 'right', string | null, number];

const both = (a: string | null, b: string | null): string => `${a}+${b}`;

function run(
  join: Join,
  steps: readonly Step[],
  after: (table: KTable<string, string>) => KTable<unknown, unknown> = (table) => table,
): string[][] {
  const builder = new StreamsBuilder();
  after(join(builder.table(left), builder.table(right)))
    .toStream()
    .to(output);
  const driver = new TopologyTestDriver(builder.build());
  const inputs = { left: driver.createInputTopic(left), right: driver.createInputTopic(right) };
  const results = driver.createOutputTopic(output);
  return steps.map(([side, value, timestamp]) => {
    inputs[side].pipeInput('k', value, { timestamp });
    return results.readRecordsToList().map(show);
  });
}

const story: readonly Step[] = [
  ['left', 'A', 5],
  ['right', 'x', 3],
  ['left', 'B', 4],
  ['right', null, 9],
  ['right', null, 10],
  ['left', null, 7],
  ['right', 'y', 8],
  ['right', null, 11],
];

test('inner: a result needs both sides; a delete goes on only where the other side is there (KTableKTableInnerJoin)', () => {
  expect(run((a, b) => a.join(b, both), story)).toEqual([
    [],
    ['k="A+x"@5'],
    ['k="B+x"@4'],
    ['k=null@9'],
    ['k=null@10'],
    [],
    [],
    [],
  ]);
});

test('left: rows of the left side always show (KTableKTableLeftJoin, KTableKTableRightJoin)', () => {
  expect(run((a, b) => a.leftJoin(b, both), story)).toEqual([
    ['k="A+null"@5'],
    ['k="A+x"@5'],
    ['k="B+x"@4'],
    ['k="B+null"@9'],
    ['k="B+null"@10'],
    ['k=null@7'],
    [],
    [],
  ]);
});

test('outer: rows of either side show (KTableKTableOuterJoin)', () => {
  expect(run((a, b) => a.outerJoin(b, both), story)).toEqual([
    ['k="A+null"@5'],
    ['k="A+x"@5'],
    ['k="B+x"@4'],
    ['k="B+null"@9'],
    ['k="B+null"@10'],
    ['k=null@7'],
    ['k="null+y"@8'],
    ['k=null@11'],
  ]);
});

describe('a join that is kept', () => {
  test('can be looked up', () => {
    const builder = new StreamsBuilder();
    builder.table(left).join(builder.table(right), both, { as: 'joined', value: string() });
    const driver = new TopologyTestDriver(builder.build());
    driver.createInputTopic(left).pipeInput('k', 'A');
    driver.createInputTopic(right).pipeInput('k', 'x');
    expect(driver.getKeyValueStore('joined').get('k')).toBe('A+x');
  });
});

test('a join that is not kept can be joined again, and grouped with old values', () => {
  const steps: readonly Step[] = [
    ['left', 'A', 1],
    ['right', 'x', 2],
    ['left', 'B', 3],
    ['right', null, 4],
  ];
  const grouped = run(
    (a, b) => a.join(b, both),
    steps,
    (table) =>
      table
        .groupBy((value) => [value.slice(0, 1), value] as const, { key: string(), value: string() })
        .count(),
  );
  expect(grouped).toEqual([[], ['A=1@2'], ['A=0@3', 'B=1@3'], ['B=0@4']]);
});
