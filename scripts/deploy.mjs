// node scripts/deploy.mjs EXAMPLE FOLDER: an example with what it needs at run time, as users install it: the packages
// are packed, and installed from their tarballs. For images, and machines without the rest of the project.
import { execFileSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { root } from './setup.mjs';

const [name, out] = process.argv.slice(2);
if (name === undefined || out === undefined) {
  console.error('Usage: node scripts/deploy.mjs EXAMPLE FOLDER');
  process.exit(2);
}
const target = path.resolve(out);
const example = path.join(root, 'examples', name);
const manifest = JSON.parse(readFileSync(path.join(example, 'package.json'), 'utf8'));
const { packageManager } = JSON.parse(readFileSync(path.join(root, 'package.json'), 'utf8'));
const npm = (args, cwd) => execFileSync('npm', args, { cwd, stdio: ['ignore', 'ignore', 'inherit'] });

/** What is installed of each dependency here: the workspace says versions by name. */
const versionOf = (dependency) =>
  JSON.parse(readFileSync(path.join(example, 'node_modules', dependency, 'package.json'), 'utf8')).version;

const packed = mkdtempSync(path.join(tmpdir(), 'millrace-packed-'));
try {
  const pack = ['-r', '--filter', './packages/*', 'pack', '--pack-destination', packed];
  npm(['exec', '--yes', '--', packageManager, ...pack], root);
  const tarballs = Object.fromEntries(
    readdirSync(packed).map((file) => {
      const found = file.replace(/-\d+\.\d+\.\d+.*$/, '').replace(/^millrace-/, '@millrace/');
      return [found, `file:${path.join(packed, file)}`];
    }),
  );
  const own = Object.keys(manifest.dependencies ?? {});
  const dependencies = Object.fromEntries(own.map((one) => [one, tarballs[one] ?? versionOf(one)]));
  mkdirSync(target, { recursive: true });
  const deployed = { ...manifest, dependencies, overrides: tarballs };
  writeFileSync(path.join(target, 'package.json'), `${JSON.stringify(deployed, null, 2)}\n`);
  npm(['install', '--omit=dev', '--no-audit', '--no-fund', '--no-package-lock', '--install-links'], target);
  cpSync(path.join(example, 'dist'), path.join(target, 'dist'), { recursive: true });
} finally {
  rmSync(packed, { recursive: true, force: true });
}
