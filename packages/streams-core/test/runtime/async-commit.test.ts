import { setTimeout as sleep } from 'node:timers/promises';
import { StreamsApp, StreamsBuilder, type Topology } from '@millrace/streams-core';
import { expect, test } from 'vitest';
import { input, output } from '../operators/support.ts';
import { caughtUp, eventually, manyTurns, readTopic, withLog, write } from './support.ts';

/** Calls that take a while, and the values they were made for. */
function slow(calls: number[], ms: () => number): Topology {
  const builder = new StreamsBuilder();
  builder
    .stream(input)
    .mapValuesAsync(
      async (value, _key, { signal }) => {
        calls.push(value);
        await sleep(ms(), undefined, { signal });
        return value;
      },
      { concurrency: 8, order: 'none' },
    )
    .to(output);
  return builder.build();
}

const topics = ['input', 'output'].map((name) => ({ name, partitions: 2 }));
const records = (count: number) => Array.from({ length: count }, (_, n) => [`k${n % 7}`, n] as const);
const values = (found: readonly { readonly value: unknown }[]): number[] =>
  found.map(({ value }) => value as number).toSorted((a, b) => a - b);

test('every record has exactly one result, over many commits in the middle of calls', async () => {
  await withLog(async (log) => {
    await log.admin.createTopics(topics);
    await write(log, input, records(300));
    const calls: number[] = [];
    const app = new StreamsApp(
      slow(calls, () => calls.length % 4),
      {
        applicationId: 'calls',
        log,
        commitIntervalMs: 1,
      },
    );
    await app.start();
    await caughtUp(log, 'calls', 'input');
    await app.close();
    expect(values(await readTopic(log, output))).toEqual(records(300).map(([, n]) => n));
    expect(calls).toHaveLength(300);
  });
});

test('a call that had not finished when its app was abandoned is made again, with one result', async () => {
  await withLog(async (log) => {
    await log.admin.createTopics(topics);
    await write(log, input, records(40));
    const calls: number[] = [];
    const config = { applicationId: 'calls', log, commitIntervalMs: 5 };
    // The calls after the first ten never end by themselves.
    const stuck = new StreamsApp(
      slow(calls, () => (calls.length <= 10 ? 1 : 1 << 30)),
      config,
    );
    await stuck.start();
    await eventually('calls are stuck', () => calls.length > 10);
    await stuck.close({ timeoutMs: 50 }).catch(() => {});
    const again: number[] = [];
    const app = new StreamsApp(
      slow(again, () => 0),
      config,
    );
    await app.start();
    await caughtUp(log, 'calls', 'input');
    await app.close();
    expect(values(await readTopic(log, output))).toEqual(records(40).map(([, n]) => n));
    expect(again.length).toBeGreaterThanOrEqual(30);
  });
});

test('records wait in the log, not in memory, while calls are slow', async () => {
  await withLog(async (log) => {
    await log.admin.createTopics(topics);
    await write(log, input, records(200));
    const calls: number[] = [];
    const app = new StreamsApp(
      slow(calls, () => 1 << 30),
      {
        applicationId: 'calls',
        log,
        maxBufferedRecords: 10,
        maxPollRecords: 10,
      },
    );
    await app.start();
    await eventually('calls have started', () => calls.length === 16);
    await manyTurns();
    expect(calls).toHaveLength(16);
    expect(app.state).toBe('running');
    await app.close({ timeoutMs: 20 }).catch(() => {});
  });
});
