// npm run scenarios -- DIR: runs the scenarios in a folder's JSON files.
import path from 'node:path';
import { root, run, setUp } from './setup.mjs';

setUp();
run(process.execPath, [path.join(root, 'tools/scenarios/dist/main.js'), ...process.argv.slice(2)]);
