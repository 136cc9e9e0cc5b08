// npm run bench:files: how long the embedded log takes to write some gigabytes.
import path from 'node:path';
import { root, run, setUp } from './setup.mjs';

setUp();
run(process.execPath, [path.join(root, 'bench/dist/files.js'), ...process.argv.slice(2)]);
