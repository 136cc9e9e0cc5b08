import { createInterface } from 'node:readline';
import {
  bytes,
  createTopics,
  deadLetterTo,
  EmbeddedLog,
  producer,
  runApp,
  StreamsApp,
  topic,
} from 'millrace';
import { perMinute, pipeline, views } from './pipeline.ts';

const badViews = topic('bad-views', { key: bytes(), value: bytes() });
const log = await EmbeddedLog.open({ dir: 'data/log' });
await createTopics(log, [views, perMinute, badViews], { partitions: 4 });

const topology = pipeline((page, minute, count) =>
  console.log(`${minute.toISOString().slice(11, 16)} ${page} ${count}`),
);
const app = new StreamsApp(topology, {
  applicationId: 'page-views',
  log,
  stateDir: 'data/state',
  deserializationExceptionHandler: deadLetterTo(badViews.name),
});

const out = await producer(log, views);
createInterface({ input: process.stdin }).on('line', (page) => {
  out.send('somebody', { page }).catch((error: Error) => console.error(error.message));
});

// Starts the app, and closes all of it in order at Ctrl-C. A failure ends the process with status 1.
await runApp(app, { alsoClose: [out, log] });
process.exit();
