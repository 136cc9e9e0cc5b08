import { StreamsApp, StreamsBuilder, string, topic } from '@millrace/streams-core';
import { expect, test } from 'vitest';
import { BatchLimit } from '../../src/runtime/instance/batch-limit.ts';
import { caughtUp, withLog, write } from './support.ts';

/**
 * Counts the records of a round whose records cost so many milliseconds each, by a clock that only they move.
 */
function recordsOf(pace: BatchLimit, clock: { now: number }, costMs: number, limit = 100_000): number {
  pace.begin();
  for (let records = 1; records < limit; records++) {
    clock.now += costMs;
    if (pace.isOver()) return records;
  }
  return limit;
}

test('a round ends after 100 ms, whatever a record costs, and with one record where that takes longer', () => {
  const clock = { now: 0 };
  const pace = new BatchLimit(() => clock.now);
  expect(recordsOf(pace, clock, 1)).toBeLessThanOrEqual(108);
  expect(recordsOf(pace, clock, 1)).toBeGreaterThanOrEqual(100);
  expect(recordsOf(pace, clock, 0.01)).toBeGreaterThan(9000);
  // Records that get expensive all at once: as many as lie between two looks at the clock, this once.
  expect(recordsOf(pace, clock, 2000)).toBeLessThanOrEqual(8);
  expect(recordsOf(pace, clock, 2000)).toBe(1);
  expect(recordsOf(pace, clock, 60_000)).toBe(1);
  expect(recordsOf(pace, clock, 1)).toBeGreaterThanOrEqual(100);
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
