// npm run bench:latency: from a record's time to its result, at a fixed rate.
import path from 'node:path';
import { root, run, setUp } from './setup.mjs';

setUp();
run(process.execPath, [path.join(root, 'bench/dist/latency.js'), ...process.argv.slice(2)]);
