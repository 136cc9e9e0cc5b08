import { createInterface } from 'node:readline';
import { deadLetterTo, EmbeddedLog, fromObservable, StreamsApp } from 'millrace';
import { from, map } from 'rxjs';
import { perMinute, pipeline, views } from './pipeline.ts';

const log = await EmbeddedLog.open({ dir: 'data/log' });
const topics = [views.name, perMinute.name, 'bad-views'];
await log.admin.createTopics(topics.map((name) => ({ name, partitions: 4 })));

const topology = pipeline((page, minute, count) =>
  console.log(`${minute.toISOString().slice(11, 16)} ${page} ${count}`),
);
const app = new StreamsApp(topology, {
  applicationId: 'page-views',
  log,
  stateDir: 'data/state',
  deserializationExceptionHandler: deadLetterTo('bad-views'),
});
await app.start();

const lines = createInterface({ input: process.stdin });
const visits = from(lines).pipe(map((page) => ({ key: 'somebody', value: { page } })));
const source = fromObservable(log, views, visits);

// A second SIGINT changes nothing: closing goes on.
process.on('SIGINT', () => {
  Promise.allSettled([source.close(), app.close()]).catch(() => {});
});

// Resolves when the app is closed; a failure ends the process with status 1.
await app.done;
await log.close();
process.exit();
