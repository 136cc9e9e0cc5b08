// npm run kafka: one Apache Kafka broker on loopback, from Kafka's own jars.
import path from 'node:path';
import { root, run, setUp } from './setup.mjs';

setUp();
run(process.execPath, [path.join(root, 'tools/kafka-broker/dist/main.js'), ...process.argv.slice(2)]);
