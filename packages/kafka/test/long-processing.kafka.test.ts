import { noHeaders } from '@millrace/log-client';
import { type AppState, StreamsApp, StreamsBuilder, string, topic } from '@millrace/streams-core';
import { afterAll, expect, test } from 'vitest';
import { kafkaLog } from '../src/index.ts';
import { brokers } from './brokers.ts';

const log = kafkaLog({ brokers, sessionTimeoutMs: 1500, heartbeatIntervalMs: 300 });
afterAll(() => log.close());

test('an app that works for longer than its session over what it has polled stays in its group', async () => {
  const input = topic(`long-${process.pid}`, { key: string(), value: string() });
  await log.admin.createTopics([{ name: input.name, partitions: 1 }]);
  const producer = await log.producer();
  const records = Array.from({ length: 800 }, (_, n) => ({
    key: 'k',
    value: String(n),
    timestamp: n,
    headers: noHeaders,
  }));
  await producer.send([{ topic: input.name, partition: 0, records }]);
  await producer.close();
  const seen: string[] = [];
  const states: AppState[] = [];
  const builder = new StreamsBuilder();
  builder.stream(input).foreach((value) => {
    seen.push(value);
    for (const end = performance.now() + 5; performance.now() < end; );
  });
  const app = new StreamsApp(builder.build(), { applicationId: input.name, log });
  app.state$.subscribe((state) => {
    if (seen.length > 0) states.push(state);
  });
  await app.start();
  await expect
    .poll(
      async () => (await log.admin.committed(input.name, [{ topic: input.name, partition: 0 }]))[0]?.offset,
      {
        timeout: 30_000,
      },
    )
    .toBeGreaterThanOrEqual(800);
  // Nothing was taken away and done again.
  expect(seen).toEqual(records.map(({ value }) => value));
  expect(states.filter((state) => state !== 'running')).toEqual([]);
  await app.close();
});
