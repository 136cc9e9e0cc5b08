// npm run example -- NAME: one of the examples of examples/use-cases, on its own records.
import path from 'node:path';
import { root, run, setUp } from './setup.mjs';

setUp();
run(process.execPath, [path.join(root, 'examples/use-cases/dist/main.js'), ...process.argv.slice(2)]);
