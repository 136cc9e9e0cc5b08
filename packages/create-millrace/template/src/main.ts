import { createInterface } from 'node:readline';
import { kafkaLog } from '@millrace/kafka';
import {
  bytes,
  createTopics,
  deadLetterTo,
  EmbeddedLog,
  type LogClient,
  producer,
  runApp,
  StreamsApp,
  topic,
} from 'millrace';
import { perMinute, pipeline, views } from './pipeline.ts';

/** A Kafka cluster where KAFKA_BROKERS names one, else a log inside this process. */
async function openLog(): Promise<LogClient> {
  const brokers = process.env['KAFKA_BROKERS'];
  if (brokers === undefined) return EmbeddedLog.open({ dir: 'data/log' });
  return kafkaLog({ brokers: brokers.split(','), clientId: '{{name}}' });
}

/** Records that cannot be read or processed. */
const badViews = topic('bad-views', { key: bytes(), value: bytes() });

const log = await openLog();
await createTopics(log, [views, perMinute, badViews], { partitions: 4 });

const app = new StreamsApp(
  pipeline((page, minute, count) => console.log(`${minute.toISOString().slice(11, 16)} ${page} ${count}`)),
  {
    applicationId: '{{name}}',
    log,
    stateDir: 'data/state',
    deserializationExceptionHandler: deadLetterTo(badViews.name),
    processingExceptionHandler: deadLetterTo(badViews.name),
  },
);

// A page's name on each line of the standard input is a view of it.
const out = await producer(log, views);
createInterface({ input: process.stdin }).on('line', (page) => {
  out.send('somebody', { page }).catch((error: Error) => console.error(error.message));
});

// Until Ctrl-C or SIGTERM: then it commits and closes. A failure ends the process with status 1.
await runApp(app, { alsoClose: [out, log] });
process.exit();
