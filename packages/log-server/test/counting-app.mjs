// An instance of an app that counts words exactly once, on a log that it shares: killed and started again.
import { sharedLog } from '@millrace/log-server';
import { integer, StreamsApp, StreamsBuilder, string, topic } from '@millrace/streams-core';

const [dir, stateDir] = process.argv.slice(2);
const log = await sharedLog({ dir, heartbeatIntervalMs: 100, sessionTimeoutMs: 6000 });
const builder = new StreamsBuilder();
builder
  .stream(topic('words', { key: string(), value: string() }))
  .groupByKey()
  .count({ key: string(), name: 'counts' })
  .toStream()
  .to(topic('counts', { key: string(), value: integer() }));
const app = new StreamsApp(builder.build(), {
  applicationId: 'counting',
  log,
  stateDir,
  processingGuarantee: 'exactly_once',
});
await app.start();
console.log('started');
