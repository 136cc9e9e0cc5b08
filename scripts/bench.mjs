// npm run bench: every job against its hand-written loop.
import path from 'node:path';
import { root, run, setUp } from './setup.mjs';

setUp();
run(process.execPath, [path.join(root, 'bench/dist/main.js'), ...process.argv.slice(2)]);
