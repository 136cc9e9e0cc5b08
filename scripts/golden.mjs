// npm run scenarios:golden: runs scenarios here and in Kafka Streams' own test driver, and compares.
import path from 'node:path';
import { root, run, setUp } from './setup.mjs';

setUp();
run(process.execPath, [path.join(root, 'tools/scenarios/dist/golden/main.js'), ...process.argv.slice(2)]);
