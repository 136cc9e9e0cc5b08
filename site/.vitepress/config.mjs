import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitepress';

const pages = fileURLToPath(new URL('../pages/', import.meta.url));

/** The first heading of a page. */
function titleOf(name) {
  const found = /^# (.+)$/m.exec(readFileSync(`${pages}${name}.md`, 'utf8'));
  return found === null ? name : found[1].replaceAll('`', '');
}

const entry = (name) => ({ text: titleOf(name), link: `/${name}` });
const group = (text, names, collapsed = false) => ({ text, collapsed, items: names.map(entry) });
const inFolder = (folder) =>
  readdirSync(`${pages}${folder}`)
    .filter((name) => name.endsWith('.md') && name !== 'index.md')
    .toSorted()
    .map((name) => `${folder}/${name.slice(0, -3)}`);

const sidebar = [
  group('Decide', ['decide', 'kafka-streams-parity', 'semantics']),
  group('Learn', ['first-pipeline', 'late-data', 'recipes', ...inFolder('examples')]),
  group('How to', [
    'testing',
    'reprocessing',
    'web-servers',
    'deploy',
    'migrate',
    'debugging',
    'operations',
    'failures',
    'kafka',
    'databases',
    'schema-registry',
    'log-server',
    'upgrading',
  ]),
  group(
    'Explanations',
    ['architecture', 'embedded-log', 'performance', 'mutation', 'scenarios', 'dependencies'],
    true,
  ),
  group('Decisions', ['decisions/index', ...inFolder('decisions')], true),
  {
    text: 'Reference',
    collapsed: true,
    items: [
      ...(existsSync(`${pages}reference`) ? [{ text: 'Every export', link: '/reference/' }] : []),
      ...inFolder('packages').map(entry),
    ],
  },
  group('The project', ['contributing', 'security', 'agents'], true),
];

export default defineConfig({
  title: 'Millrace',
  description: 'Stream processing for TypeScript, in the spirit of Kafka Streams',
  srcDir: 'pages',
  outDir: 'dist',
  cacheDir: 'cache',
  cleanUrls: true,
  themeConfig: {
    nav: [
      { text: 'Decide', link: '/decide' },
      { text: 'Learn', link: '/first-pipeline' },
      { text: 'Try it', link: '/playground.html', target: '_self' },
      { text: 'Operate', link: '/operations' },
      { text: 'Reference', link: '/reference/' },
    ],
    sidebar,
    outline: [2, 3],
    search: { provider: 'local' },
  },
});
