import { describe, expect, test } from 'vitest';
import * as browser from '../src/platform/browser.ts';
import * as node from '../src/platform/node.ts';

describe.each([
  ['Node', node],
  ['a page', browser],
])('the platform of %s', (_, { pause, showOnOneLine }) => {
  test.each([
    [{ sku: 'mug', units: 2, price: 3.5 }, "{ sku: 'mug', units: 2, price: 3.5 }"],
    ['line\nend "x"', `'line\\nend "x"'`],
    [[1, null, undefined, true, 5n], '[ 1, null, undefined, true, 5n ]'],
    [{}, '{}'],
    [[], '[]'],
    [{ 'not-a-name': new Date(0) }, "{ 'not-a-name': 1970-01-01T00:00:00.000Z }"],
    [new Map([['a', 1]]), "Map(1) { 'a' => 1 }"],
    [new Set([1, 2]), 'Set(2) { 1, 2 }'],
  ])('shows %o on one line', (value, text) => {
    expect(showOnOneLine(value)).toBe(text);
  });

  test('cuts what is long or deep', () => {
    expect(showOnOneLine('x'.repeat(250))).toBe(`'${'x'.repeat(200)}'... 50 more characters`);
    expect(showOnOneLine({ a: { b: { c: { d: { e: { f: 1 } } } } } })).toContain('[Object]');
  });

  test('pauses, unless a signal ends it', async () => {
    await pause(1);
    const ended = new AbortController();
    const paused = pause(60_000, ended.signal);
    ended.abort();
    await expect(paused).rejects.toMatchObject({ name: 'AbortError' });
    await expect(pause(60_000, ended.signal)).rejects.toMatchObject({ name: 'AbortError' });
  });
});
