// npm run bench:overhead: what it costs to be measured and asked.
import path from 'node:path';
import { root, run, setUp } from './setup.mjs';

setUp();
run(process.execPath, [path.join(root, 'bench/dist/overhead.js'), ...process.argv.slice(2)]);
