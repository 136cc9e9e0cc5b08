// The app of a worker thread, as tests want it: it counts words, and may fail or die on some.
import { sharedLog } from '@millrace/log-server';
import { integer, StreamsApp, StreamsBuilder, string, topic } from '@millrace/streams-core';

export default async ({ index, count, data: { dir, stateDir, ...data } }) => {
  const log = await sharedLog({ dir, mayOwn: false, heartbeatIntervalMs: 100, sessionTimeoutMs: 6000 });
  const builder = new StreamsBuilder();
  builder
    .stream(topic('words', { key: string(), value: string() }))
    .mapValues((value) => {
      if (value === 'die') process.exit(3);
      if (value === 'fail') throw new Error(`no luck in worker ${index} of ${count}`);
      return value;
    })
    .groupByKey()
    .count({ name: 'n' })
    .toStream()
    .to(topic('counts', { key: string(), value: integer() }));
  return new StreamsApp(builder.build(), { applicationId: 'app', log, stateDir, ...data.config });
};
