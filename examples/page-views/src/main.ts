import { createInterface } from 'node:readline';
import { EmbeddedLog } from '@millrace/embedded-log';
import { deadLetterTo, fromObservable, StreamsApp } from '@millrace/streams-core';
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
  deadLetterTopics: ['bad-views'],
});
await app.start();

const lines = createInterface({ input: process.stdin });
const visits = from(lines).pipe(map((page) => ({ key: 'somebody', value: { page } })));
const source = fromObservable(log, views, visits);

process.once('SIGINT', async () => {
  await source.close();
  await app.close();
  await log.close();
  process.exit();
});
