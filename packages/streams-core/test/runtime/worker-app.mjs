// The app of a worker thread, as tests want it: it counts words, and may fail or die on some. With `async` it looks
// each one up first; with `ticks` it counts calls of a punctuator too; with `copies` each has a folder of its own.
import { closeSync, openSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { threadLog } from '@millrace/embedded-log';
import { sharedLog } from '@millrace/log-server';
import { integer, StreamsApp, StreamsBuilder, string, topic } from '@millrace/streams-core';

function dieOnce(marker) {
  try {
    closeSync(openSync(marker, 'wx'));
  } catch {
    return;
  }
  process.exit(4);
}

export default async ({ index, count, logPort, data: { dir, stateDir, ...data } }) => {
  const log = await (logPort === undefined
    ? sharedLog({ dir, mayOwn: false, heartbeatIntervalMs: 100, sessionTimeoutMs: 6000 })
    : threadLog(logPort));
  const builder = new StreamsBuilder();
  const words = builder.stream(topic('words', { key: string(), value: string() }));
  if (data.ticks) {
    words
      .process((context) => {
        context.schedule(5, 'wall-clock-time', (timestamp) =>
          context.forward({ key: 'ticks', value: 1, timestamp, headers: [] }),
        );
        return () => {};
      })
      .to(topic('ticks', { key: string(), value: integer() }));
  }
  const looked = data.async
    ? words.mapValuesAsync(async (value) => sleep(5, value), { concurrency: 4 })
    : words;
  looked
    .mapValues((value) => {
      if (value === 'die') process.exit(3);
      if (value.startsWith('die once')) dieOnce(`${stateDir} ${value}`);
      if (value === 'fail') throw new Error(`no luck in worker ${index} of ${count}`);
      return value;
    })
    .groupByKey()
    .count({ name: 'n' })
    .toStream()
    .to(topic('counts', { key: string(), value: integer() }));
  return new StreamsApp(builder.build(), {
    applicationId: 'app',
    log,
    stateDir: data.copies ? `${stateDir}-${index}` : stateDir,
    ...data.config,
  });
};
