// The app of a worker thread that counts clicks and serves its counts, each worker at a port of its own.
import { serveApp } from '@millrace/app-server';
import { threadLog } from '@millrace/embedded-log';
import { StreamsApp, StreamsBuilder, string, topic } from '@millrace/streams-core';

export default async ({ index, logPort, data: { ports, stateDir } }) => {
  const builder = new StreamsBuilder();
  builder
    .stream(topic('clicks', { key: string(), value: string() }))
    .groupByKey()
    .count({ as: 'total' });
  const port = ports[index];
  const app = new StreamsApp(builder.build(), {
    applicationId: 'app',
    log: await threadLog(logPort),
    stateDir,
    applicationServer: `127.0.0.1:${port}`,
  });
  await serveApp(app, { port });
  return app;
};
