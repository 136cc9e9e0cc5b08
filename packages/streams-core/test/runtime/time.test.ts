import {
  json,
  long,
  StreamsApp,
  StreamsBuilder,
  string,
  type Topology,
  TimeWindows,
  timeWindowed,
  topic,
  untilWindowCloses,
} from '@millrace/streams-core';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { caughtUp, readTopic, withLog, write } from './support.ts';

const events = topic('events', { key: string(), value: json<number>() });
const other = topic('other', { key: string(), value: json<number>() });
const results = topic('results', { key: timeWindowed(string(), 10), value: json<number | null>() });
const order = topic('order', { key: string(), value: json<string>() });

function counted(): Topology {
  const builder = new StreamsBuilder();
  builder
    .stream(events)
    .groupByKey()
    .windowedBy(TimeWindows.of(10).grace(5))
    .count({ as: 'counts', value: long() })
    .suppress(untilWindowCloses({ name: 'closed' }))
    .toStream()
    .to(results);
  return builder.build();
}

test('stream time survives a restart: a late record stays late, also where all state was lost (Kafka Streams forgets it)', async () => {
  await withLog(async (log, stateDir) => {
    await log.admin.createTopics([events, results].map(({ name }) => ({ name, partitions: 1 })));
    const run = async (records: readonly (readonly [string, number, number])[], dir: string) => {
      await write(log, events, records);
      const app = new StreamsApp(counted(), { applicationId: 'app', log, stateDir: `${stateDir}/${dir}` });
      await app.start();
      await caughtUp(log, 'app', 'events');
      const { droppedRecords } = app.metrics;
      await app.close();
      return droppedRecords;
    };
    expect(
      await run(
        [
          ['a', 1, 1],
          ['a', 1, 100],
        ],
        'one',
      ),
    ).toBe(0);
    expect(
      await run(
        [
          ['a', 1, 2],
          ['a', 1, 84],
          ['a', 1, 91],
        ],
        'two',
      ),
    ).toBe(2);
    expect(await readTopic(log, results)).toEqual([
      { key: { key: 'a', window: { start: 0, end: 10 } }, value: 1 },
    ]);
  });
});

test('restarts at any moment give the windows that an undisturbed run gives', {
  timeout: 60_000,
}, async () => {
  const someEvents = fc.array(fc.tuple(fc.constantFrom('a', 'b'), fc.integer({ min: 0, max: 80 })), {
    minLength: 1,
    maxLength: 30,
  });
  await fc.assert(
    fc.asyncProperty(someEvents, fc.array(fc.nat(30), { maxLength: 3 }), async (input, cuts) => {
      const outcomes: unknown[] = [];
      for (const points of [[], cuts]) {
        await withLog(async (log, stateDir) => {
          await log.admin.createTopics([events, results].map(({ name }) => ({ name, partitions: 1 })));
          const ends = [...new Set([...points.filter((cut) => cut < input.length), input.length])].toSorted(
            (a, b) => a - b,
          );
          let from = 0;
          for (const [index, end] of ends.entries()) {
            await write(
              log,
              events,
              input.slice(from, end).map(([key, timestamp]) => [key, 1, timestamp] as const),
            );
            from = end;
            // Every second life loses its disk.
            const app = new StreamsApp(counted(), {
              applicationId: 'app',
              log,
              stateDir: `${stateDir}/${index % 2}-${index >> 1}`,
              pollMs: 1,
              commitIntervalMs: 1,
            });
            await app.start();
            await caughtUp(log, 'app', 'events');
            await app.close();
          }
          outcomes.push(await readTopic(log, results));
        });
      }
      expect(outcomes[1]).toEqual(outcomes[0]);
    }),
    { numRuns: 15 },
  );
});

test('a task takes records by time over all its topics, the same way every time', async () => {
  const merge = (): Topology => {
    const builder = new StreamsBuilder();
    const left = builder.stream(events).mapValues((n) => `events ${n}`);
    left.merge(builder.stream(other).mapValues((n) => `other ${n}`)).to(order);
    return builder.build();
  };
  const orders: unknown[] = [];
  for (const maxPollRecords of [1, 7, 1000]) {
    await withLog(async (log) => {
      await log.admin.createTopics([events, other, order].map(({ name }) => ({ name, partitions: 1 })));
      const numbers = Array.from({ length: 60 }, (_, n) => n);
      // The second topic is written last and has the earlier half of the times, and equal ones.
      await write(
        log,
        events,
        numbers.map((n) => ['k', n, 2 * n] as const),
      );
      await write(
        log,
        other,
        numbers.map((n) => ['k', n, n] as const),
      );
      const app = new StreamsApp(merge(), {
        applicationId: 'app',
        log,
        maxPollRecords,
        maxBufferedRecords: 5,
      });
      await app.start();
      await caughtUp(log, 'app', 'events');
      await caughtUp(log, 'app', 'other');
      await app.close();
      orders.push((await readTopic(log, order)).map(({ value }) => value));
    });
  }
  expect(orders[0]).toEqual(orders[1]);
  expect(orders[0]).toEqual(orders[2]);
  // Of equal times, the topic declared first.
  expect((orders[0] as string[]).slice(0, 4)).toEqual(['events 0', 'other 0', 'other 1', 'events 1']);
});
