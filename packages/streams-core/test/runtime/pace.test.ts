import { StreamsApp, StreamsBuilder, string, topic } from '@millrace/streams-core';
import { expect, test } from 'vitest';
import { Pace } from '../../src/runtime/pace.ts';
import { caughtUp, withLog, write } from './support.ts';

test('a round that takes long takes fewer records the next time, never none', () => {
  const pace = new Pace(1000);
  for (let round = 0; round < 10; round++) pace.tookMs(1, true);
  expect(pace.limit).toBe(1000);
  pace.tookMs(10_000, true);
  expect(pace.limit).toBe(20);
  pace.tookMs(100, true);
  expect(pace.limit).toBe(20);
  pace.tookMs(60_000, true);
  pace.tookMs(60_000, true);
  expect(pace.limit).toBe(1);
  pace.tookMs(1, false);
  expect(pace.limit).toBe(1);
  pace.tookMs(1, true);
  expect(pace.limit).toBe(2);
});

test('code that takes long over each record delays neither commits nor what the rest of the process does', async () => {
  const input = topic('input', { key: string(), value: string() });
  await withLog(async (log) => {
    await log.admin.createTopics([{ name: 'input', partitions: 1 }]);
    await write(
      log,
      input,
      Array.from({ length: 300 }, (_, n) => ['k', String(n)] as const),
    );
    const builder = new StreamsBuilder();
    builder.stream(input).foreach(() => {
      for (const end = performance.now() + 5; performance.now() < end; );
    });
    const app = new StreamsApp(builder.build(), { applicationId: 'slow', log });
    const seen = new Set<number>();
    const timer = setInterval(() => {
      void log.admin
        .committed('slow', [{ topic: 'input', partition: 0 }])
        .then(([one]) => seen.add(one?.offset ?? 0));
    }, 10);
    await app.start();
    await caughtUp(log, 'slow', 'input');
    clearInterval(timer);
    await app.close();
    // One and a half seconds of work: in one round it would be committed all at once.
    expect(seen.size).toBeGreaterThan(3);
  });
});
