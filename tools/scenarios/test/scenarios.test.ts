import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { runScenario, Scenario } from '../src/index.ts';

const folder = fileURLToPath(new URL('../scenarios', import.meta.url));
const scenarios = readdirSync(folder).flatMap((file) =>
  (JSON.parse(readFileSync(path.join(folder, file), 'utf8')) as unknown[]).map((one) => Scenario.parse(one)),
);

describe('what Kafka Streams’ own tests expect', () => {
  test.each(scenarios.map((scenario) => [scenario.id, scenario] as const))('%s', async (_id, scenario) => {
    expect((await runScenario(scenario)).failures).toEqual([]);
  });
});

describe('a scenario that does not hold fails', () => {
  const base = {
    id: 'made-up/one',
    topology: [
      { op: 'stream', id: 's', topic: 'in', key: 'string', value: 'string' },
      { op: 'groupByKey', id: 'g', from: 's' },
      { op: 'count', id: 'c', from: 'g', store: { name: 'counts' } },
      { op: 'to', from: 'c', topic: 'out' },
    ],
  };
  const input = (value: string) => ({ topic: 'in', key: 'a', value, ts: 1 });
  const output = (value: number, ts = 1) => ({ topic: 'out', key: 'a', value, ts });

  test.each([
    [
      { steps: [{ in: input('x'), out: [output(2)] }] },
      'step 1, topic out: got "a" = 1 @ 1, expected "a" = 2 @ 1',
    ],
    [
      { steps: [{ in: input('x'), out: [output(1, 2)] }] },
      'step 1, topic out: got "a" = 1 @ 1, expected "a" = 1 @ 2',
    ],
    [{ steps: [{ in: input('x'), out: [] }] }, 'step 1, topic out: unexpected "a" = 1 @ 1'],
    [
      { steps: [{ in: [input('x'), input('y')], out: [output(1), output(2), output(3)] }] },
      'step 1, topic out: missing "a" = 3 @ 1',
    ],
    [
      { steps: [{ in: input('x') }], out: [output(7)] },
      'all steps, topic out: got "a" = 1 @ 1, expected "a" = 7 @ 1',
    ],
    [{ steps: [{ in: input('x') }], out: [output(1)], absentKeys: ['a'] }, 'key "a" appeared'],
    [{ steps: [{ in: input('x'), error: true }] }, 'step 1: nothing was thrown'],
    [
      { steps: [{ in: input('x') }], state: [{ store: 'counts', entries: [{ key: 'a', value: 5 }] }] },
      'store counts after step 1: got "a" = 1; expected "a" = 5',
    ],
  ])('%#', async (rest, failure) => {
    expect((await runScenario({ ...base, ...rest })).failures).toEqual([failure]);
  });

  test('one that asks for what is not there says so', async () => {
    const topology = [
      { op: 'stream', id: 's', topic: 'in', key: 'string', value: 'string' },
      { op: 'mapValues', id: 'm', from: 's', mapper: 'fly' },
    ];
    await expect(runScenario({ ...base, topology, steps: [] })).rejects.toThrow(
      'there is no mapValues function "fly"',
    );
    await expect(runScenario({ ...base, steps: [{ inn: [] }] })).rejects.toThrow();
  });
});
