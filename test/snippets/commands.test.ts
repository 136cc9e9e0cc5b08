import { readFileSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import { programFor } from '../../packages/cli/src/program.ts';
import { allPages, root } from './blocks.ts';

// Commands that the docs name are there, with the options that they are shown with.

type Program = Awaited<ReturnType<typeof programFor>>;

/** Commands in a page: lines of its blocks, and what is in backticks. A comment behind one is no part of it. */
function commandsIn(text: string, name: string): string[] {
  const lines = new RegExp(`^(?:npx )?${name} (?<words>.+)$`, 'gm');
  const quoted = new RegExp(`\`(?:npx )?${name} (?<words>[^\`\n]+)\``, 'g');
  const inBlocks = [...text.matchAll(/^```[a-z]*\n(?<code>.*?)^```/gms)].map(
    ({ groups }) => groups!['code']!,
  );
  return [...inBlocks.flatMap((code) => [...code.matchAll(lines)]), ...text.matchAll(quoted)].map(
    ({ groups }) => groups!['words']!.replace(/\s+(#|\().*$/, ''),
  );
}

/** What of a command line there is not: a command, or an option of it. */
function unknownIn(program: Program, line: string): string | undefined {
  const words = line.split(/\s+/);
  let command: Program = program;
  const known = new Set(['--help', '--version']);
  for (const word of words) {
    if (word.startsWith('-')) continue;
    const below = command.commands.find((one) => one.name() === word);
    if (below === undefined) break;
    command = below;
    for (const { long, short } of command.options) for (const flag of [long, short]) known.add(flag ?? '');
  }
  if (command === program && !words[0]!.startsWith('-')) return words[0];
  return words.find((word) => word.startsWith('-') && !known.has(word.replace(/=.*/, '')));
}

test('every command of millrace in the docs is there, with its options', async () => {
  const program = await programFor(undefined);
  const commands = allPages().flatMap((page) =>
    commandsIn(readFileSync(path.join(root, page), 'utf8'), 'millrace').map((line) => ({ page, line })),
  );
  expect(commands.length).toBeGreaterThan(40);
  const wrong = commands.flatMap(({ page, line }) => {
    const unknown = unknownIn(program, line);
    return unknown === undefined ? [] : [`${page}: millrace ${line}: ${unknown}`];
  });
  expect(wrong).toEqual([]);
});

test('a command or an option that there is not is found', async () => {
  const program = await programFor(undefined);
  expect(unknownIn(program, 'topics --log-dir ./data')).toBeUndefined();
  expect(unknownIn(program, 'topics settings NAME --json')).toBeUndefined();
  expect(unknownIn(program, 'topics --folder ./data')).toBe('--folder');
  expect(unknownIn(program, 'topic --log-dir ./data')).toBe('topic');
});

test('every script of the workspace in the docs is there', () => {
  const { scripts } = JSON.parse(readFileSync(path.join(root, 'package.json'), 'utf8')) as {
    readonly scripts: Readonly<Record<string, string>>;
  };
  const named = allPages().flatMap((page) =>
    [...readFileSync(path.join(root, page), 'utf8').matchAll(/npm run (?:-s )?(?<script>[a-z][a-z:]*)/g)].map(
      ({ groups }) => ({ page, script: groups!['script']! }),
    ),
  );
  expect(named.length).toBeGreaterThan(30);
  expect(named.filter(({ script }) => !Object.hasOwn(scripts, script))).toEqual([]);
});
