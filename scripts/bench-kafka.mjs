// npm run bench:kafka: Millrace and Kafka Streams on the same broker, the same input, one thread each, in
// turn.
import path from 'node:path';
import { root, run, setUp } from './setup.mjs';

setUp();
run(process.execPath, [
  path.join(root, 'bench/dist/kafka/beside-kafka-streams.js'),
  ...process.argv.slice(2),
]);
