// npm run playground: builds the page that runs topologies in a browser, one file that needs no server.
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { root, run, setUp } from './setup.mjs';

const folder = path.join(root, 'tools/playground');
export const playgroundFile = path.join(folder, 'dist/index.html');

export function buildPlayground() {
  const vite = path.join(folder, 'node_modules/vite/bin/vite.js');
  const config = path.join(folder, 'page/vite.config.mjs');
  // It warns of modules of Node that are left out of the page again: a test looks for what is in it.
  run(process.execPath, [vite, 'build', '--config', config, '--logLevel', 'error'], { cwd: folder });
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  setUp();
  buildPlayground();
  console.log(`Open ${path.relative(process.cwd(), playgroundFile)} in a browser.`);
}
