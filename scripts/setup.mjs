// Installs what is missing and builds what has changed. Needs Node and npm only; does nothing when nothing
// changed.
import { spawn, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { buildPage } from './build-page.mjs';

export const root = fileURLToPath(new URL('..', import.meta.url));
const stampFile = path.join(root, 'node_modules', '.millrace-setup');

/** Runs a command in the project's folder and exits with its status if it fails. */
export function run(command, args, options = {}) {
  const { status, error } = spawnSync(command, args, { cwd: root, stdio: 'inherit', ...options });
  if (error !== undefined) throw error;
  if (status !== 0) process.exit(status ?? 1);
}

/** Runs a tool of the workspace by its script file, without a shell in between. */
export function runTool(packageName, bin, args) {
  const folder = path.join(root, 'node_modules', packageName);
  const { bin: bins } = JSON.parse(readFileSync(path.join(folder, 'package.json'), 'utf8'));
  run(process.execPath, [path.join(folder, typeof bins === 'string' ? bins : bins[bin]), ...args]);
}

/** As {@link runTool}, with variables of its own and without ending this process; resolves to its status. */
export function runToolAsync(packageName, bin, args, env) {
  const folder = path.join(root, 'node_modules', packageName);
  const { bin: bins } = JSON.parse(readFileSync(path.join(folder, 'package.json'), 'utf8'));
  const script = path.join(folder, typeof bins === 'string' ? bins : bins[bin]);
  const child = spawn(process.execPath, [script, ...args], {
    cwd: root,
    stdio: 'inherit',
    env: { ...process.env, ...env },
  });
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code) => resolve(code ?? 1));
  });
}

function manifests() {
  const folders = ['packages', 'examples', 'tools'].flatMap((parent) =>
    readdirSync(path.join(root, parent)).map((name) => path.join(parent, name)),
  );
  return ['.', 'bench', ...folders]
    .map((folder) => path.join(root, folder, 'package.json'))
    .filter(existsSync);
}

/** Changes when the lock file, a manifest or the Node version does. */
function stamp() {
  const hash = createHash('sha256').update(process.version);
  for (const file of [
    ...manifests(),
    path.join(root, 'pnpm-lock.yaml'),
    path.join(root, 'pnpm-workspace.yaml'),
  ]) {
    hash.update(file.slice(root.length)).update(readFileSync(file));
  }
  return hash.digest('hex');
}

function install() {
  const wanted = stamp();
  if (existsSync(stampFile) && readFileSync(stampFile, 'utf8') === wanted) return;
  const { packageManager } = JSON.parse(readFileSync(path.join(root, 'package.json'), 'utf8'));
  console.error(`Installing what is missing with ${packageManager} ...`);
  const npm = process.env.npm_execpath;
  const args = [
    'exec',
    '--yes',
    '--',
    packageManager,
    'install',
    '--frozen-lockfile',
    '--reporter=append-only',
  ];
  if (npm?.endsWith('.js')) run(process.execPath, [npm, ...args], { stdio: ['ignore', 2, 2] });
  else run('npm', args, { stdio: ['ignore', 2, 2], shell: process.platform === 'win32' });
  writeFileSync(stampFile, wanted);
}

export function setUp() {
  install();
  runTool('typescript', 'tsc', ['-b']);
  buildPage(root, run);
}

if (process.argv[1] === fileURLToPath(import.meta.url)) setUp();
