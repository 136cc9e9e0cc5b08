import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';

// The shape of the house: who may know whom, how large a file may be, which names say nothing.

const root = fileURLToPath(new URL('..', import.meta.url));

interface SourceFile {
  /** From the root, with slashes. */
  readonly name: string;
  readonly lines: number;
  readonly imports: readonly string[];
  /** Imports that are more than types. */
  readonly runtimeImports: readonly string[];
}

function filesBelow(folder: string): string[] {
  return readdirSync(path.join(root, folder), { withFileTypes: true }).flatMap((entry) => {
    const name = `${folder}/${entry.name}`;
    if (entry.isDirectory()) return filesBelow(name);
    return name.endsWith('.ts') ? [name] : [];
  });
}

function read(name: string): SourceFile {
  const text = readFileSync(path.join(root, name), 'utf8');
  const statements = [...text.matchAll(/^(?:import|export)\s(?<what>[^;]*?)\sfrom\s'(?<from>[^']+)'/gms)];
  const resolved = (from: string) =>
    from.startsWith('.') ? path.posix.join(path.posix.dirname(name), from) : from;
  const imports = statements.map(({ groups }) => resolved(groups!['from']!));
  const runtimeImports = statements
    .filter(({ groups }) => !groups!['what']!.startsWith('type '))
    .map(({ groups }) => resolved(groups!['from']!));
  return { name, lines: text.split('\n').length, imports, runtimeImports };
}

const packages = [
  'log-client',
  'state-stores',
  'streams-core',
  'embedded-log',
  'kafka',
  'schema-registry',
  'testing',
  'cli',
];
const files = [
  ...packages.map((name) => `packages/${name}/src`),
  'examples/retail-reorder/src',
  'examples/page-views/src',
  'bench/src',
]
  .flatMap(filesBelow)
  .map(read);

describe('arrows between packages', () => {
  const mayUse: Readonly<Record<string, readonly string[]>> = {
    'packages/log-client': [],
    'packages/state-stores': ['log-client'],
    'packages/embedded-log': ['log-client'],
    'packages/kafka': ['log-client'],
    'packages/schema-registry': ['log-client'],
    'packages/streams-core': ['log-client', 'state-stores'],
    'packages/testing': ['log-client', 'state-stores', 'streams-core'],
    'packages/cli': ['log-client', 'embedded-log', 'kafka', 'schema-registry', 'streams-core'],
    'examples/page-views': ['embedded-log', 'streams-core'],
    'examples/retail-reorder': ['log-client', 'embedded-log', 'kafka', 'streams-core'],
    bench: ['log-client', 'state-stores', 'embedded-log', 'kafka', 'streams-core'],
  };

  test.each(Object.entries(mayUse))('%s', (folder, allowed) => {
    const strangers = files
      .filter(({ name }) => name.startsWith(`${folder}/`))
      .flatMap(({ name, imports }) => imports.map((from) => ({ name, from })))
      .filter(({ from }) => from.startsWith('@millrace/') && !allowed.includes(from.split('/')[1]!));
    expect(strangers).toEqual([]);
  });

  test('nobody reaches into another package past its public face', () => {
    const faces = new Set(['@millrace/streams-core/runtime', '@millrace/testing/vitest']);
    const deep = files.flatMap(({ name, imports }) =>
      imports
        .filter((from) => /^@millrace\/[^/]+\//.test(from) && !faces.has(from))
        .map((from) => `${name} -> ${from}`),
    );
    expect(deep).toEqual([]);
    const outside = files.flatMap(({ name, imports }) =>
      imports
        .filter((from) => from.startsWith('packages/') && from.split('/')[1] !== name.split('/')[1])
        .map((from) => `${name} -> ${from}`),
    );
    expect(outside).toEqual([]);
  });
});

test('arrows between the folders of streams-core', () => {
  const mayUse: Readonly<Record<string, readonly string[]>> = {
    dsl: ['operators', 'topology', 'serde', 'windows'],
    operators: ['topology', 'windows', 'serde'],
    topology: ['serde'],
    runtime: ['topology', 'serde'],
    serde: [],
    windows: [],
  };
  const source = 'packages/streams-core/src/';
  const wrong = files
    .filter(({ name }) => name.startsWith(source))
    .flatMap(({ name, imports }) => {
      const folder = name.slice(source.length).split('/')[0]!;
      return imports
        .filter((from) => from.startsWith(source) && from.slice(source.length).includes('/'))
        .map((from) => ({ name, folder, to: from.slice(source.length).split('/')[0]! }))
        .filter(({ to }) => to !== folder && mayUse[folder] !== undefined && !mayUse[folder].includes(to));
    });
  expect(wrong).toEqual([]);
});

test('no cycles', () => {
  const byName = new Map(files.map((file) => [file.name, file]));
  const done = new Set<string>();
  const visit = (name: string, way: readonly string[]): void => {
    if (way.includes(name))
      throw new Error(`a cycle: ${[...way.slice(way.indexOf(name)), name].join(' -> ')}`);
    if (done.has(name)) return;
    for (const next of byName.get(name)?.runtimeImports ?? [])
      if (byName.has(next)) visit(next, [...way, name]);
    done.add(name);
  };
  for (const { name } of files) visit(name, []);
});

test('files are small', () => {
  const sizes = files.map(({ lines }) => lines).toSorted((a, b) => a - b);
  expect(files.filter(({ lines }) => lines > 350).map(({ name, lines }) => `${name}: ${lines}`)).toEqual([]);
  expect(sizes[Math.floor(sizes.length / 2)]).toBeLessThan(100);
});

test('names say what is in a file', () => {
  const empty = /(^|\/)(utils?|helpers?|common|misc|types|internal|manager)(\.ts|\/)/;
  expect(files.map(({ name }) => name).filter((name) => empty.test(name))).toEqual([]);
});

test('every operator has a test of its name, or of its folder', () => {
  const operators = files
    .map(({ name }) => name)
    .filter((name) => name.startsWith('packages/streams-core/src/operators/'))
    .filter((name) => /^\s*kind: '/m.test(readFileSync(path.join(root, name), 'utf8')));
  expect(operators.length).toBeGreaterThan(25);
  const tests = new Set(
    filesBelow('packages/streams-core/test/operators').map((name) =>
      name.replace(/(\.property)?\.test\.ts$/, ''),
    ),
  );
  const missing = operators.filter((name) => {
    const test = name.replace('/src/', '/test/').replace(/\.ts$/, '');
    return !tests.has(test) && !tests.has(path.posix.dirname(test));
  });
  expect(missing).toEqual([]);
});
