import { describe, expect, test } from 'vitest';
import { examples } from '../page/examples.ts';
import { parseInputs } from '../page/inputs.ts';
import { load } from '../page/load.ts';
import { play } from '../page/play.ts';

describe.each(examples)('the example "$title"', ({ source, records }) => {
  test('runs, and has results', async () => {
    const { steps, results, failure } = await play(load(source), parseInputs(records));
    expect(failure).toBeUndefined();
    expect(steps).toHaveLength(parseInputs(records).length);
    expect(results.length).toBeGreaterThan(0);
  });
});

const counting = `
import { StreamsBuilder, string, long, topic } from 'millrace';
export const words = topic('words', { key: string(), value: string() });
const counts = topic('counts', { key: string(), value: long() });
const builder = new StreamsBuilder();
builder.stream(words).groupByKey().count({ as: 'n' }).toStream().mapValues((n: number | null): number => n ?? 0).to(counts);
export { counts };
export default builder.build();`;

describe('a program', () => {
  test('is TypeScript that exports a topology and its topics', async () => {
    const program = load(counting);
    expect([...program.topics.keys()].toSorted()).toEqual(['counts', 'words']);
    const inputs = parseInputs(`
      // Two of one key.
      {"topic": "words", "key": "mug", "value": "a", "timestamp": "12:00:30"}
      {"topic": "words", "key": "mug", "value": "b"}`);
    const { results } = await play(program, inputs);
    const timestamp = 12 * 3_600_000 + 30_000;
    expect(results).toEqual([
      { step: 0, topic: 'counts', key: 'mug', value: 1, timestamp },
      { step: 1, topic: 'counts', key: 'mug', value: 2, timestamp },
    ]);
  });

  test.each([
    ['const a = ;', /Unexpected token \(1:11\)/],
    ["import fs from 'node:fs'; fs.rmSync('/');", /no module "node:fs" here: millrace and zod are/],
    ['export const a = 1;', /exports no topology: end it with "export default builder\.build\(\)"/],
    ['export default () => { throw new Error("no store"); };', /^no store$/],
    [`${counting}\nnope();`, /nope is not defined/],
  ])('that cannot be run says why: %s', (source, why) => {
    expect(() => load(source)).toThrow(
      expect.objectContaining({ name: 'ProgramError', message: expect.stringMatching(why) }),
    );
  });

  test('ends at a record that fails, and shows the steps before', async () => {
    const program = load(counting);
    const missing = await play(
      program,
      parseInputs('{"topic":"words","key":"a","value":"b"}\n{"topic":"word"}'),
    );
    expect([missing.failure, missing.results.length]).toEqual([
      expect.stringContaining('exports no topic "word"; it exports words, counts'),
      1,
    ]);
    const wrong = await play(program, parseInputs('{"topic":"words","key":"a","value":1}'));
    expect(wrong.failure).toMatch(/Expected a string, got number/);
  });
});

test.each([
  ['{"topic": "words"', /^Line 2 of the records: /],
  ['[1]', /it names no topic/],
  ['7', /it is no object/],
  ['{"topic": "words", "timestamp": "noon"}', /"noon" is no time/],
  ['{"topic": "words", "timestamp": true}', /true is no time/],
])('records that cannot be read say which line: %s', (line, why) => {
  expect(() => parseInputs(`{"topic":"a"}\n${line}`)).toThrow(why);
});

test('time is moved on by a line of its own', () => {
  expect(parseInputs('{"advanceMs": 5}\n{"topic":"a","timestamp":"2026-01-01T00:00Z"}')).toEqual([
    { advanceMs: 5 },
    { topic: 'a', key: null, value: null, timestamp: Date.parse('2026-01-01T00:00Z') },
  ]);
});
