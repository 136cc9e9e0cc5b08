// npm run bench:server: what a served log and a Kafka broker cost, beside each other.
import path from 'node:path';
import { root, run, setUp } from './setup.mjs';

setUp();
run(process.execPath, [path.join(root, 'bench/dist/kafka/server-cpu.js'), ...process.argv.slice(2)]);
