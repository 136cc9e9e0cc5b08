// npm run docs: the documentation as a site, in site/dist; with --serve it is shown and follows changes.
import { cpSync } from 'node:fs';
import path from 'node:path';
import { assemble } from '../site/assemble.mjs';
import { buildPlayground, playgroundFile } from './playground.mjs';
import { root, run, setUp } from './setup.mjs';

setUp();
const site = path.join(root, 'site');
const { packageManager } = (await import('../package.json', { with: { type: 'json' } })).default;
// Apart from the workspace: who does not build the site does not install what it is made with.
const install = [
  '--ignore-workspace',
  'install',
  '--frozen-lockfile',
  '--ignore-scripts',
  '--reporter',
  'silent',
];
run('npx', ['--yes', packageManager.split('+')[0], ...install], {
  cwd: site,
  shell: process.platform === 'win32',
});
const tool = (name, ...args) =>
  run(process.execPath, [path.join(site, 'node_modules', name), ...args], { cwd: site });
console.log(`${assemble(root, path.join(site, 'pages'))} pages, and one for each export ...`);
tool('typedoc/bin/typedoc');
buildPlayground();
cpSync(playgroundFile, path.join(site, 'pages/public/playground.html'));
const serve = process.argv.includes('--serve');
tool('vitepress/bin/vitepress.js', serve ? 'dev' : 'build');
if (!serve) console.log('The site is in site/dist');
