// npm run test:clients: Kafka's own tools and other clients against a served log.
import path from 'node:path';
import { root, run, setUp } from './setup.mjs';

setUp();
run(process.execPath, [path.join(root, 'tools/clients/dist/main.js'), ...process.argv.slice(2)]);
