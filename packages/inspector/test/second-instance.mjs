// An instance in a process of its own, which is killed.
import { sharedLog } from '@millrace/log-server';
import { StreamsApp } from '@millrace/streams-core';
import { countingTopology } from './counting.mjs';

const [dir, stateDir] = process.argv.slice(2);
const log = await sharedLog({ dir, mayOwn: false, heartbeatIntervalMs: 100, sessionTimeoutMs: 6000 });
const app = new StreamsApp(countingTopology(), {
  applicationId: 'counting',
  log,
  stateDir,
  applicationServer: 'second:1',
});
await app.start();
