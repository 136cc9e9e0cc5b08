// An instance of an app that counts words exactly once and serves its counts: killed and started again.
import { serveApp } from '@millrace/app-server';
import { kafkaLog } from '@millrace/kafka';
import { StreamsApp, StreamsBuilder, string, topic } from '@millrace/streams-core';

const [broker, port, stateDir] = process.argv.slice(2);
const log = kafkaLog({ brokers: [broker], heartbeatIntervalMs: 100, sessionTimeoutMs: 6000 });
const builder = new StreamsBuilder();
builder
  .stream(topic('words', { key: string(), value: string() }))
  .groupByKey()
  .count({ as: 'counts' });
const app = new StreamsApp(builder.build(), {
  applicationId: 'counting',
  log,
  stateDir,
  applicationServer: `127.0.0.1:${port}`,
});
await serveApp(app, { port: Number(port) });
await app.start();
console.log('started');
await app.done;
