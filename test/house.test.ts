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
  'kafka-protocol',
  'state-stores',
  'streams-core',
  'embedded-log',
  'kafka',
  'log-server',
  'schema-registry',
  'app-server',
  'connect',
  'testing',
  'inspector',
  'cli',
  'millrace',
  'create-millrace',
];
const files = [
  ...packages.map((name) => `packages/${name}/src`),
  'examples/retail-reorder/src',
  'examples/page-views/src',
  'examples/recipes/src',
  'examples/use-cases/src',
  'examples/web-servers/src',
  'tools/free-ports/src',
  'tools/kafka-broker/src',
  'tools/kafka-messages/src',
  'tools/clients/src',
  'tools/scenarios/src',
  'bench/src',
]
  .flatMap(filesBelow)
  .map(read);

describe('arrows between packages', () => {
  const mayUse: Readonly<Record<string, readonly string[]>> = {
    // Its own platform, which the condition "browser" chooses.
    'packages/log-client': ['log-client'],
    'packages/kafka-protocol': ['log-client'],
    'packages/state-stores': ['log-client'],
    'packages/embedded-log': ['log-client', 'kafka-protocol'],
    'packages/kafka': ['log-client', 'kafka-protocol'],
    'packages/log-server': ['log-client', 'kafka-protocol', 'embedded-log', 'kafka'],
    'packages/schema-registry': ['log-client'],
    'packages/streams-core': ['log-client', 'state-stores'],
    'packages/app-server': ['log-client', 'state-stores', 'streams-core'],
    'packages/inspector': ['app-server', 'log-client', 'streams-core'],
    'packages/connect': ['log-client', 'streams-core'],
    'packages/create-millrace': [],
    'packages/testing': ['log-client', 'state-stores', 'streams-core'],
    'packages/cli': [
      'log-client',
      'embedded-log',
      'inspector',
      'kafka',
      'log-server',
      'schema-registry',
      'streams-core',
      'testing',
    ],
    'packages/millrace': ['cli', 'embedded-log', 'log-client', 'log-server', 'streams-core', 'testing'],
    // One install: the umbrella alone.
    'examples/page-views': [],
    'examples/recipes': [],
    'examples/use-cases': ['inspector'],
    'examples/web-servers': [],
    'examples/retail-reorder': [
      'app-server',
      'log-client',
      'embedded-log',
      'inspector',
      'kafka',
      'streams-core',
    ],
    'tools/free-ports': [],
    'tools/kafka-broker': ['free-ports'],
    'tools/kafka-messages': ['kafka-broker'],
    'tools/clients': ['free-ports', 'kafka-broker'],
    'tools/scenarios': ['kafka-broker', 'log-client', 'state-stores', 'streams-core', 'testing'],
    bench: [
      'kafka-broker',
      'log-client',
      'state-stores',
      'embedded-log',
      'inspector',
      'kafka',
      'streams-core',
      'testing',
    ],
  };

  test.each(Object.entries(mayUse))('%s', (folder, allowed) => {
    const strangers = files
      .filter(({ name }) => name.startsWith(`${folder}/`))
      .flatMap(({ name, imports }) => imports.map((from) => ({ name, from })))
      .filter(({ from }) => from.startsWith('@millrace/') && !allowed.includes(from.split('/')[1]!));
    expect(strangers).toEqual([]);
  });

  test('nobody reaches into another package past its public face', () => {
    const faces = new Set([
      '@millrace/embedded-log/raw',
      '@millrace/embedded-log/tools',
      '@millrace/inspector/draw',
      '@millrace/kafka-protocol/messages',
      '@millrace/log-client/platform',
      '@millrace/state-stores/runtime',
      '@millrace/streams-core/runtime',
      '@millrace/testing/vitest',
    ]);
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

const core = 'packages/streams-core/src/';

/**
 * Imports from one room of streams-core to another that the table does not allow. A room is a folder or a
 * file at its foot.
 */
function wrongArrows(folder: string, mayUse: Readonly<Record<string, readonly string[]>>): string[] {
  const room = (name: string): string => name.slice(folder.length).split('/')[0]!;
  return files
    .filter(({ name }) => name.startsWith(folder) && name.slice(folder.length).includes('/'))
    .flatMap(({ name, imports }) =>
      imports
        .filter((to) => to.startsWith(folder) && room(to) !== room(name))
        .filter((to) => !(mayUse[room(name)] ?? []).includes(room(to)))
        .map((to) => `${name} -> ${to}`),
    );
}

test('arrows between the rooms of streams-core', () => {
  const ground = ['record', 'errors.ts'];
  const contract = ['topology', 'serde', 'windows', ...ground];
  const wrong = wrongArrows(core, {
    dsl: ['plan', 'options', 'operators', ...contract],
    plan: ['options', 'operators', ...contract],
    options: ['operators', ...contract],
    operators: contract,
    runtime: ['handlers.ts', 'logger.ts', 'tracing.ts', 'topology', 'serde', ...ground],
    connect: ['serde', ...ground],
    topology: ['serde', ...ground],
    serde: ground,
    windows: ground,
    record: ['errors.ts'],
  });
  expect(wrong).toEqual([]);
});

test('arrows between the rooms of the runtime', () => {
  const wrong = wrongArrows(`${core}runtime/`, {
    app: ['instance', 'query', 'metrics', 'topics', 'assign', 'task', 'config.ts'],
    instance: ['takeover', 'commit', 'stores', 'topics', 'assign', 'metrics', 'task', 'config.ts'],
    query: ['assign', 'task'],
    worker: ['app', 'metrics'],
    metrics: ['task'],
    commit: ['topics', 'task', 'config.ts'],
    stores: ['assign', 'task', 'config.ts'],
    topics: ['upgrade', 'assign', 'task', 'config.ts'],
    upgrade: ['config.ts'],
    takeover: ['upgrade', 'task', 'config.ts'],
    assign: ['task'],
    // What works on records knows no log, no group and no other room: the test driver runs the same class.
    task: [],
  });
  expect(wrong).toEqual([]);
});

test('tasks, assignment and operators call no log', () => {
  const deaf = [`${core}operators/`, `${core}plan/`, `${core}runtime/task/`, `${core}runtime/assign/`];
  const callers = files
    .filter(({ name }) => deaf.some((folder) => name.startsWith(folder)))
    .filter(({ name }) =>
      /\b(LogClient|LogProducer|LogReader)\b/.test(readFileSync(path.join(root, name), 'utf8')),
    );
  expect(callers.map(({ name }) => name)).toEqual([]);
});

test('what topologies and their test driver need of Node is in one file, which pages have another of', () => {
  const rooms = ['connect', 'dsl', 'operators', 'options', 'plan', 'record', 'serde', 'topology', 'windows'];
  const pure = [
    ...rooms.map((room) => `${core}${room}/`),
    `${core}runtime/task/`,
    'packages/testing/src/steps/',
    'packages/testing/src/topology-test-driver.ts',
    'packages/testing/src/test-',
    'packages/state-stores/src/kinds/',
    'packages/state-stores/src/memory/',
    'packages/state-stores/src/layers/',
  ];
  const found = files
    .filter(({ name }) => pure.some((start) => name.startsWith(start)) && !name.endsWith('conformance.ts'))
    .filter(({ imports }) => imports.some((from) => from.startsWith('node:')))
    .map(({ name }) => name);
  expect(found).toEqual([]);
  const namesIn = (file: string): string[] =>
    [
      ...readFileSync(path.join(root, `packages/log-client/src/platform/${file}`), 'utf8').matchAll(
        /^export function (\w+)/gm,
      ),
    ].map(([, name]) => name!);
  expect(namesIn('browser.ts')).toEqual(namesIn('node.ts'));
});

test('an exported name has one meaning in all packages', () => {
  const declared =
    /^export (?:declare |abstract |async )*(?:class|interface|type|function\*?|const|enum) (?<name>\w+)/gm;
  const places = new Map<string, Set<string>>();
  // The platform has each of its names twice: for Node, and for pages.
  const isOnce = ({ name }: SourceFile) =>
    name.startsWith('packages/') && !name.endsWith('/platform/browser.ts');
  for (const { name: file } of files.filter(isOnce)) {
    for (const { groups } of readFileSync(path.join(root, file), 'utf8').matchAll(declared)) {
      const name = groups!['name']!;
      places.set(name, (places.get(name) ?? new Set()).add(file));
    }
  }
  expect(places.size).toBeGreaterThan(500);
  const twice = [...places].filter(([, at]) => at.size > 1);
  expect(twice.map(([name, at]) => `${name}: ${[...at].join(', ')}`)).toEqual([]);
});

/** Groups of files that import each other, directly or through others, by the imports given. */
function circles(importsOf: (file: SourceFile) => readonly string[]): string[][] {
  const byName = new Map(files.map((file) => [file.name, file]));
  const order = new Map<string, { index: number; low: number; onStack: boolean }>();
  const stack: string[] = [];
  const found: string[][] = [];
  const visit = (name: string): { index: number; low: number; onStack: boolean } => {
    const own = { index: order.size, low: order.size, onStack: true };
    order.set(name, own);
    stack.push(name);
    for (const next of importsOf(byName.get(name)!)) {
      if (!byName.has(next)) continue;
      const seen = order.get(next);
      if (seen === undefined) own.low = Math.min(own.low, visit(next).low);
      else if (seen.onStack) own.low = Math.min(own.low, seen.index);
    }
    if (own.low === own.index) {
      const circle = stack.splice(stack.indexOf(name));
      for (const member of circle) order.get(member)!.onStack = false;
      if (circle.length > 1) found.push(circle.toSorted());
    }
    return own;
  };
  for (const { name } of files) if (!order.has(name)) visit(name);
  return found;
}

test('no file needs itself at run time', () => {
  expect(circles(({ runtimeImports }) => runtimeImports)).toEqual([]);
});

test('the only types that need each other are those of the DSL, which make each other', () => {
  const knot = [
    'cogrouped-kstream',
    'handles',
    'kgrouped-stream',
    'kgrouped-table',
    'kstream',
    'ktable',
    'session-windowed-cogrouped-kstream',
    'session-windowed-kstream',
    'split-streams',
    'time-windowed-cogrouped-kstream',
    'time-windowed-kstream',
  ];
  expect(circles(({ imports }) => imports)).toEqual([knot.map((name) => `${core}dsl/${name}.ts`)]);
});

// The linter holds sizes: 300 lines a file, 70 a function, 4 parameters. kstream.ts lists the DSL and may be
// longer.
test('half of the files have less than 100 lines, and a folder has at most 16 files', () => {
  const sizes = files.map(({ lines }) => lines).toSorted((a, b) => a - b);
  expect(sizes[Math.floor(sizes.length / 2)]).toBeLessThan(100);
  const folders = new Map<string, number>();
  for (const { name } of files) {
    const folder = path.posix.dirname(name);
    folders.set(folder, (folders.get(folder) ?? 0) + 1);
  }
  expect([...folders].filter(([, count]) => count > 16)).toEqual([]);
});

test('comment lines fit a line of code', () => {
  const long = files.flatMap(({ name }) =>
    readFileSync(path.join(root, name), 'utf8')
      .split('\n')
      .flatMap((line, index) =>
        line.length > 110 && /^\s*(\/\/|\/?\*)/.test(line) ? [`${name}:${index + 1}`] : [],
      ),
  );
  expect(long).toEqual([]);
});

// Test files share one module graph: a hook that another module registers when it is loaded runs for the first
// file that loads it, and for no other.
test('modules that tests import register no hooks of their own', () => {
  const hook = /^(before|after)(Each|All)\(/m;
  const helpers = ['packages', 'examples', 'tools', 'bench', 'test']
    .flatMap((folder) => filesBelow(folder))
    .filter((name) => !name.endsWith('.test.ts'));
  expect(helpers.length).toBeGreaterThan(500);
  expect(helpers.filter((name) => hook.test(readFileSync(path.join(root, name), 'utf8')))).toEqual([]);
});

test('a test title can be read without the one before it', () => {
  const continued = /^ *(?:test|it)(?:\.[a-z]+)?\(['`](?:or|and|but|so|also|then) /gm;
  const found = [...packages.map((name) => `packages/${name}/test`), 'examples', 'tools', 'test']
    .flatMap((folder) => filesBelow(folder))
    .filter((name) => name.endsWith('.test.ts'))
    .flatMap((name) => readFileSync(path.join(root, name), 'utf8').match(continued) ?? []);
  expect(found).toEqual([]);
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

test('what is broken on purpose, by name, is in the code as it is', async () => {
  const lists = (await import(new URL('../tools/mutation/named/lists.mjs', import.meta.url).href)) as {
    readonly lists: Readonly<
      Record<string, readonly { readonly name: string; readonly file: string; readonly from: string }[]>
    >;
  };
  const mutants = Object.values(lists.lists).flat();
  expect(mutants.length).toBeGreaterThan(50);
  const gone = mutants.filter(
    ({ file, from }) => !readFileSync(path.join(root, file), 'utf8').includes(from),
  );
  expect(gone.map(({ name }) => name)).toEqual([]);
});
