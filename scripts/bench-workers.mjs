// npm run bench:workers: one thread beside worker threads, on an embedded log.
import path from 'node:path';
import { root, run, setUp } from './setup.mjs';

setUp();
run(process.execPath, [path.join(root, 'bench/dist/workers/main.js'), ...process.argv.slice(2)]);
