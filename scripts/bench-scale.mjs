// npm run bench:scale: how cost grows with partitions, operators and keys; and what it costs to start.
import path from 'node:path';
import { root, run, setUp } from './setup.mjs';

setUp();
run(process.execPath, [path.join(root, 'bench/dist/scale.js'), ...process.argv.slice(2)]);
