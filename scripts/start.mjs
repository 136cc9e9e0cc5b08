// npm start: the retail example on the bundled rows, or as its flags say.
import path from 'node:path';
import { root, run, setUp } from './setup.mjs';

setUp();
run(process.execPath, [path.join(root, 'examples/retail-reorder/dist/main.js'), ...process.argv.slice(2)]);
