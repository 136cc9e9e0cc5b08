import { json, StreamsApp, StreamsBuilder, string, topic } from '@millrace/streams-core';
import { expect, test } from 'vitest';
import { caughtUp, withLog, write } from '../support.ts';

const input = topic('input', { key: string(), value: json<number>() });
const output = topic('output', { key: string(), value: json<number>() });

/** Keeps the processor busy. */
function busy(ms: number): void {
  for (const until = performance.now() + ms; performance.now() < until; );
}

test('a node is charged its own time, not that of the nodes below it, nor what it waits for', async () => {
  await withLog(async (log, stateDir) => {
    await log.admin.createTopics([input, output].map(({ name }) => ({ name, partitions: 1 })));
    const records = 64;
    await write(
      log,
      input,
      Array.from({ length: records }, (_, n) => ['k', n] as const),
    );
    const builder = new StreamsBuilder();
    const stream = builder.stream(input, { name: 'in' }).peek(() => {}, { name: 'quick' });
    stream.peek(() => busy(3), { name: 'slow' }).to(output, { name: 'out' });
    stream
      .peek(() => busy(1), { name: 'beside' })
      .foreach(
        async () => {
          await new Promise((resolve) => setTimeout(resolve, 1));
        },
        { name: 'waits' },
      );
    const app = new StreamsApp(builder.build(), {
      applicationId: 'timed',
      log,
      stateDir,
      recordingLevel: 'debug',
    });
    await app.start();
    await caughtUp(log, 'timed', input.name);
    const of = (name: string) =>
      new Map(
        app
          .readMetrics()
          .filter((metric) => metric.group === 'stream-processor-node-metrics' && metric.name === name)
          .map(({ tags, value }) => [tags['processor-node-id'], value]),
      );
    const [counts, latencies] = [of('process-total'), of('process-latency-avg')];
    await app.close();
    expect(counts).toEqual(
      new Map(['in', 'quick', 'slow', 'beside', 'out', 'waits'].map((name) => [name, records])),
    );
    expect(latencies.get('slow')).toBeGreaterThanOrEqual(3);
    expect(latencies.get('quick')).toBeUndefined();
    expect(latencies.get('out')).toBeLessThan(latencies.get('slow')!);
    expect(latencies.has('waits')).toBe(false);
  });
});

test('what comes to a node from each of several parents is counted, and its last records are kept', async () => {
  await withLog(async (log, stateDir) => {
    await log.admin.createTopics([{ name: input.name, partitions: 1 }]);
    await write(
      log,
      input,
      Array.from({ length: 10 }, (_, n) => ['k', n] as const),
    );
    const builder = new StreamsBuilder();
    const stream = builder.stream(input, { name: 'in' });
    const few = stream.filter((n) => n < 3, { name: 'few' });
    const even = stream.filter((n) => n % 2 === 0, { name: 'even' });
    few.merge(even, { name: 'both' }).foreach(() => {}, { name: 'end' });
    const app = new StreamsApp(builder.build(), {
      applicationId: 'edges',
      log,
      stateDir,
      recordingLevel: 'debug',
    });
    await app.start();
    await caughtUp(log, 'edges', input.name);
    expect(app.lastRecords('both').map(({ value }) => value)).toEqual([8, 6, 4, 2, 2, 1, 0, 0]);
    expect(app.lastRecords('in').map(({ value }) => value)).toEqual([9, 8, 7, 6, 5, 4, 3, 2]);
    expect(app.lastRecords('few')).toHaveLength(8);
    expect(app.lastRecords('none')).toEqual([]);
    const found = app
      .readMetrics()
      .filter(({ name }) => name === 'parent-records-total')
      .map(({ tags, value }) => [tags['parent-node-id'], tags['processor-node-id'], value]);
    await app.close();
    expect(found).toEqual([
      ['even', 'both', 5],
      ['few', 'both', 3],
    ]);
  });
});
