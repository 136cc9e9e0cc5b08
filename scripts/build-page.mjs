// Builds the inspector's page where its sources have changed.
import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';

/** Of the sources, and of what they are built with. */
function stampOf(folder) {
  const hash = createHash('sha256').update(readFileSync(path.join(folder, 'package.json')));
  const page = path.join(folder, 'page');
  for (const name of readdirSync(page).toSorted())
    hash.update(name).update(readFileSync(path.join(page, name)));
  return hash.digest('hex');
}

/** `run` runs a command in the project's folder. */
export function buildPage(root, run) {
  const folder = path.join(root, 'packages/inspector');
  const stampFile = path.join(root, 'node_modules', '.millrace-page');
  const wanted = stampOf(folder);
  const isThere = existsSync(path.join(folder, 'dist/page/index.html')) && existsSync(stampFile);
  if (isThere && readFileSync(stampFile, 'utf8') === wanted) return;
  const vite = path.join(folder, 'node_modules/vite/bin/vite.js');
  const config = path.join(folder, 'page/vite.config.mjs');
  run(process.execPath, [vite, 'build', '--config', config, '--logLevel', 'warn'], { cwd: folder });
  writeFileSync(stampFile, wanted);
}
