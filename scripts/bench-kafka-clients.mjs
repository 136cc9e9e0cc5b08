// npm run bench:clients: the clients for Kafka beside each other.
import path from 'node:path';
import { root, run, setUp } from './setup.mjs';

setUp();
run(process.execPath, [path.join(root, 'bench/dist/kafka/clients/main.js'), ...process.argv.slice(2)]);
