import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, expect, test } from 'vitest';

const folder = fileURLToPath(new URL('..', import.meta.url));
const cwd = mkdtempSync(path.join(tmpdir(), 'page views '));
afterAll(() => rmSync(cwd, { recursive: true, force: true }));

/**
 * Types pages, waits until each was counted as often as `counts` says in the end, and kills the process as
 * said.
 */
async function session(
  pages: readonly string[],
  counts: Readonly<Record<string, number>>,
  signal: 'SIGINT' | 'SIGKILL',
): Promise<string> {
  const child = spawn(process.execPath, [path.join(folder, 'dist/main.js')], { cwd });
  let text = '';
  const ended = new Promise((resolve) => child.once('close', resolve));
  const counted = new Promise<void>((resolve) => {
    for (const stream of [child.stdout, child.stderr]) {
      stream.on('data', (chunk) => {
        text += chunk;
        if (Object.entries(counts).every(([page, count]) => new RegExp(` ${page} ${count}$`, 'm').test(text)))
          resolve();
      });
    }
  });
  child.stdin.write(pages.map((page) => `${page}\n`).join(''));
  await Promise.race([counted, ended]);
  child.kill(signal);
  await ended;
  return text;
}

test('counts what is typed, goes on after Ctrl-C, and after kill -9', async () => {
  // All within one minute of wall-clock time, or the counts would begin anew.
  const leftMs = 60_000 - (Date.now() % 60_000);
  if (leftMs < 15_000) await new Promise((resolve) => setTimeout(resolve, leftMs));
  const first = await session(['/', '/help', '', '/'], { '/': 2, '/help': 1 }, 'SIGINT');
  expect(first.match(/ \S+ \d+$/gm)?.toSorted()).toEqual([' / 1', ' / 2', ' /help 1']);
  expect(await session(['/'], { '/': 3 }, 'SIGKILL')).toMatch(/^\d\d:\d\d \/ 3$/m);
  expect(await session(['/', '/help'], { '/': 4, '/help': 2 }, 'SIGINT')).toMatch(/ \/ 4$/m);
}, 90_000);

test('the page about it shows these files', () => {
  const page = readFileSync(path.join(folder, '../../docs/first-pipeline.md'), 'utf8');
  const blocks = [...page.matchAll(/^```ts (?<name>\S+)\n(?<code>[\s\S]*?)^```$/gm)];
  expect(blocks.map(({ groups }) => groups!['name'])).toEqual([
    'src/pipeline.ts',
    'test/pipeline.test.ts',
    'src/main.ts',
  ]);
  for (const { groups } of blocks)
    expect(groups!['code']).toBe(readFileSync(path.join(folder, groups!['name']!), 'utf8'));
});
