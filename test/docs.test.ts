import { existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import * as appServer from '@millrace/app-server';
import * as core from '@millrace/streams-core';
import * as testing from '@millrace/testing';
import { describe, expect, test } from 'vitest';

// The pages that say what is there and what shows it must not say more than there is.

const docs = fileURLToPath(new URL('../docs', import.meta.url));
const packages = fileURLToPath(new URL('../packages', import.meta.url));

function sourcesBelow(folder: string): string[] {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const name = path.join(folder, entry.name);
    if (entry.isDirectory())
      return entry.name === 'dist' || entry.name === 'node_modules' ? [] : sourcesBelow(name);
    return name.endsWith('.ts') ? [name] : [];
  });
}

const sources = ['streams-core', 'testing', 'state-stores', 'app-server']
  .flatMap((name) => sourcesBelow(path.join(packages, name, 'src')))
  .map((name) => readFileSync(name, 'utf8'));

interface Proof {
  readonly title: string;
  readonly file: string;
}

/** The tests that a page names: `[title](path of its file)`. */
function proofs(page: string): Proof[] {
  const text = readFileSync(path.join(docs, page), 'utf8');
  return [...text.matchAll(/\[(?<title>[^\]]+)\]\((?<file>\.\.\/(?:packages|tools)\/[^)]+\.ts)\)/g)].map(
    ({ groups }) => ({
      title: groups!['title']!.replaceAll('&#124;', '|'),
      file: path.join(docs, groups!['file']!),
    }),
  );
}

/** Titles of scenarios are data. */
const scenarios = sourcesOfScenarios();

function sourcesOfScenarios(): string {
  const folder = path.join(packages, '../tools/scenarios/scenarios');
  return readdirSync(folder)
    .map((name) => readFileSync(path.join(folder, name), 'utf8'))
    .join('\n');
}

function exists({ title, file }: Proof): boolean {
  if (!existsSync(file)) return false;
  const text = readFileSync(file, 'utf8').replaceAll("\\'", "'");
  if (file.endsWith('scenarios.test.ts')) return scenarios.includes(`"${title}"`);
  return [`'${title}'`, `"${title}"`].some((quoted) => text.includes(quoted));
}

describe.each(['kafka-streams-parity.md', 'semantics.md'])('%s', (page) => {
  test('every test it names is there', () => {
    const named = proofs(page);
    expect(named.length).toBeGreaterThan(60);
    expect(named.filter((proof) => !exists(proof)).map(({ title, file }) => `${file}: ${title}`)).toEqual([]);
  });
});

const exported: Readonly<Record<string, unknown>> = { ...core, ...testing, ...appServer };

/**
 * Whether `Name` or `Name.member` is exported: a value, a member of a class or object, or a field of an
 * interface.
 */
function isThere(name: string): boolean {
  const [owner, member] = name.split('.') as [string, string?];
  const value = exported[owner];
  if (member === undefined) return value !== undefined || isInterface(owner);
  if (typeof value === 'function') {
    const prototype = (value as { prototype?: object }).prototype ?? {};
    if (member in value || member in prototype) return true;
  }
  if (typeof value === 'object' && value !== null && member in value) return true;
  return sources.some((text) => declaration(text, owner)?.match(new RegExp(`\\b${member}\\??[:(<]`)) != null);
}

function isInterface(name: string): boolean {
  return sources.some((text) => new RegExp(`export (interface|type|class) ${name}\\b`).test(text));
}

/** The text of an interface or class, with what it extends. */
function declaration(text: string, name: string): string | undefined {
  const start = new RegExp(`export (?:interface|class) ${name}\\b[^{]*\\{`).exec(text);
  if (start === null) return undefined;
  const end = text.indexOf('\n}', start.index);
  const own = text.slice(start.index, end);
  const parents = [...start[0].matchAll(/extends ([A-Z]\w*)/g), ...start[0].matchAll(/, ([A-Z]\w*)</g)];
  const above = parents.map(([, parent]) => sources.map((one) => inner(one, parent!)).join(''));
  return own + above.join('');
}

function inner(text: string, name: string): string {
  const start = new RegExp(`interface ${name}\\b[^{]*\\{`).exec(text);
  return start === null ? '' : text.slice(start.index, text.indexOf('\n}', start.index));
}

test('everything that the parity page says is here is exported', () => {
  const rows = readFileSync(path.join(docs, 'kafka-streams-parity.md'), 'utf8')
    .split('\n')
    .filter((line) => line.startsWith('|') && !line.startsWith('| ---') && !line.startsWith('| Kafka'))
    .map((line) => line.split(' | ')[1]!);
  expect(rows.length).toBeGreaterThan(120);
  const names = rows
    .filter((cell) => !cell.startsWith('left out'))
    .flatMap((cell) =>
      [...cell.matchAll(/`(?<name>[A-Za-z]+(?:\.[A-Za-z]+)?)`/g)].map(({ groups }) => groups!['name']!),
    )
    .filter((name) => !['name', 'rest'].includes(name));
  expect(names.length).toBeGreaterThan(150);
  expect([...new Set(names)].filter((name) => !isThere(name))).toEqual([]);
});

/** Every file below the packages, as pages name it: by its package, without `src`. */
const named = sourcesBelow(packages).map((name) =>
  path.relative(packages, name).split(path.sep).join('/').replace('/src/', '/'),
);

/** Whether a file of this name is there: from its package on, or a part of the path that is enough. */
function isFile(file: string): boolean {
  if ([path.dirname(docs), packages].some((folder) => existsSync(path.join(folder, file)))) return true;
  return named.some((name) => name === file || name.endsWith(`/${file}`));
}

const pagesOfFiles = [
  'architecture.md',
  ...readdirSync(path.join(docs, 'decisions')).map((name) => `decisions/${name}`),
];

test('every file that the architecture and the decisions name is there', () => {
  const files = pagesOfFiles.flatMap((page) =>
    [...readFileSync(path.join(docs, page), 'utf8').matchAll(/`(?<file>[\w./-]+\.(?:ts|mjs))`/g)].map(
      ({ groups }) => ({ page, file: groups!['file']! }),
    ),
  );
  expect(files.length).toBeGreaterThan(50);
  expect(files.filter(({ file }) => !isFile(file))).toEqual([]);
});

describe.each(['AGENTS.md', 'llms.txt'])('%s', (page) => {
  const text = readFileSync(path.join(docs, '..', page), 'utf8');

  test('every page it names is there', () => {
    const named = [...text.matchAll(/\]\((?<file>[^)#]+)\)/g)].map(({ groups }) => groups!['file']!);
    expect(named.length).toBeGreaterThan(2);
    expect(named.filter((file) => !existsSync(path.join(docs, '..', file)))).toEqual([]);
  });
});

test('AGENTS.md names what is there as being there, and the rest as missing', () => {
  const [there, missing] = readFileSync(path.join(docs, '../AGENTS.md'), 'utf8').split('## Not there');
  for (const name of [
    'topic',
    'json',
    'string',
    'TimeWindows',
    'StreamsApp',
    'runApp',
    'TopologyTestDriver',
  ]) {
    expect(there).toMatch(new RegExp(`\\b${name}\\b`));
    expect(exported[name]).toBeDefined();
  }
  for (const name of ['through', 'transform', 'KafkaStreams']) {
    expect(missing).toContain(`\`${name}\``);
    expect(exported[name]).toBeUndefined();
    expect(name in core.KStream.prototype).toBe(false);
  }
});
