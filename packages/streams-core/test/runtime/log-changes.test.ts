import type { LogClient } from '@millrace/log-client';
import { LogError } from '@millrace/log-client';
import {
  json,
  type PartitionReset,
  StreamsApp,
  StreamsBuilder,
  string,
  type Topology,
  topic,
} from '@millrace/streams-core';
import { describe, expect, test } from 'vitest';
import { caughtUp, eventually, readTopic, withLog, write } from './support.ts';

// What an app does about changes of the log that it did not make, or that nobody else should have made.

const clicks = topic('clicks', { key: string(), value: string() });
const counts = topic('counts', { key: string(), value: json<number | null>() });

function countByValue(): Topology {
  const builder = new StreamsBuilder();
  builder
    .stream(clicks)
    .groupBy((value) => value, { key: string(), name: 'by-value' })
    .count({ as: 'per-value' })
    .toStream()
    .to(counts);
  return builder.build();
}

function copy(offsetReset: 'earliest' | 'latest' | 'none'): Topology {
  const builder = new StreamsBuilder();
  builder
    .stream(clicks, { offsetReset })
    .mapValues(() => 1)
    .to(counts);
  return builder.build();
}

const records = ['x', 'y', 'x', 'z'].map((value, index) => [`k${index}`, value] as const);

async function created(log: LogClient): Promise<void> {
  await log.admin.createTopics([clicks, counts].map(({ name }) => ({ name, partitions: 1 })));
}

test('processed records are deleted from repartition topics, and no others', async () => {
  await withLog(async (log, stateDir) => {
    await created(log);
    const repartition = { topic: 'app-by-value-repartition', partition: 0 };
    const start = async (): Promise<number> => (await log.admin.offsets([repartition]))[0]!.start;
    const app = new StreamsApp(countByValue(), {
      applicationId: 'app',
      log,
      stateDir,
      commitIntervalMs: 10,
      repartitionPurgeIntervalMs: 20,
    });
    await app.start();
    await write(log, clicks, records);
    await caughtUp(log, 'app', 'clicks');
    await caughtUp(log, 'app', repartition.topic);
    await eventually('the topic is empty', async () => (await start()) === 4);
    await app.close();
    expect((await log.admin.offsets([{ topic: 'clicks', partition: 0 }]))[0]).toEqual({ start: 0, end: 4 });
    const found = Object.fromEntries((await readTopic(log, counts)).map(({ key, value }) => [key, value]));
    expect(found).toEqual({ x: 2, y: 1, z: 1 });
  });
});

describe('where the log no longer holds what comes next', () => {
  async function truncated(
    offsetReset: 'earliest' | 'latest' | 'none',
  ): Promise<{ readonly resets: PartitionReset[]; readonly values: number; readonly failure: unknown }> {
    const resets: PartitionReset[] = [];
    let [values, failure]: [number, unknown] = [0, undefined];
    await withLog(async (log, stateDir) => {
      await created(log);
      const make = (): StreamsApp =>
        new StreamsApp(copy(offsetReset), {
          applicationId: 'app',
          log,
          stateDir,
          offsetResetListener: (reset) => resets.push(reset),
        });
      if (offsetReset === 'none') {
        const producer = await log.producer();
        const commits = [{ topic: 'clicks', partition: 0, offset: 0, metadata: '' }];
        await producer.commit({ records: [], offsets: { group: 'app', commits } });
      } else {
        const first = make();
        await first.start();
        // An earlier `latest` would not see what comes before it has started.
        await eventually('it works', () => first.state === 'running');
        await write(log, clicks, records.slice(0, 1));
        await caughtUp(log, 'app', 'clicks');
        await first.close();
      }
      await write(log, clicks, records.slice(1));
      await log.admin.deleteRecords([{ topic: 'clicks', partition: 0, offset: 3 }]);
      const second = make();
      await second.start();
      await eventually('it works or fails', () => second.state !== 'rebalancing');
      if (second.state === 'running') {
        await write(log, clicks, records.slice(0, 1));
        await caughtUp(log, 'app', 'clicks');
      }
      failure = second.failure;
      await second.close().catch(() => {});
      values = (await readTopic(log, counts)).length;
    });
    return { resets, values, failure };
  }

  test('reading goes on at the earliest record, and a listener gets the reset', async () => {
    const { resets, values } = await truncated('earliest');
    expect(resets).toEqual([
      { topic: 'clicks', partition: 0, committed: 1, offset: 3, reason: 'out-of-range', missed: 2 },
    ]);
    expect(values).toBe(3);
  });

  test('a source with the policy latest continues behind the newest record', async () => {
    const { resets, values } = await truncated('latest');
    expect(resets).toEqual([
      { topic: 'clicks', partition: 0, committed: 1, offset: 4, reason: 'out-of-range', missed: 3 },
    ]);
    expect(values).toBe(2);
  });

  test('a source with the policy none stops the app', async () => {
    const { failure } = await truncated('none');
    expect(failure).toMatchObject({
      message: expect.stringMatching(/clicks-0 no longer holds offset 0.*offsetReset is "none"/),
    });
  });
});

describe("the application's own topics, made by someone else", () => {
  async function startWith(name: string, configs: Record<string, string>): Promise<string> {
    let message = '';
    await withLog(async (log, stateDir) => {
      await created(log);
      await log.admin.createTopics([{ name, partitions: 1, configs }]);
      const app = new StreamsApp(countByValue(), { applicationId: 'app', log, stateDir });
      message = await app.start().then(
        () => 'it started',
        (error: Error & { code: string }) => `${error.code}: ${error.message}`,
      );
      await app.close().catch(() => {});
    });
    return message;
  }

  test('a changelog that is not compacted', async () => {
    expect(await startWith('app-per-value-changelog', { 'cleanup.policy': 'delete' })).toMatch(
      /TOPOLOGY_TOPIC_SETTINGS: .*"app-per-value-changelog" would lose records: cleanup.policy is delete, not compact. Change that setting/,
    );
  });

  test('a repartition topic whose records expire', async () => {
    const configs = { 'cleanup.policy': 'delete', 'retention.ms': '60000' };
    expect(await startWith('app-by-value-repartition', configs)).toMatch(
      /"app-by-value-repartition" would lose records: retention.ms is 60000, less than for ever/,
    );
  });

  test('with the settings it would have given them itself', async () => {
    expect(await startWith('app-per-value-changelog', { 'cleanup.policy': 'compact' })).toBe('it started');
  });
});

test('a log that does not answer for a while costs time only', async () => {
  await withLog(async (log, stateDir) => {
    await created(log);
    let failures = 0;
    const flaky = new Proxy(log, {
      get: (target, property) => {
        const value = Reflect.get(target, property) as unknown;
        if (property === 'producer') {
          return async () => {
            const producer = await target.producer();
            const commit = producer.commit.bind(producer);
            producer.commit = (transaction) =>
              failures-- > 0 ? Promise.reject(new LogError('LOG_TIMEOUT', 'no answer')) : commit(transaction);
            return producer;
          };
        }
        return typeof value === 'function' ? value.bind(target) : value;
      },
    });
    const app = new StreamsApp(countByValue(), { applicationId: 'app', log: flaky, stateDir });
    await app.start();
    failures = 3;
    await write(log, clicks, records);
    await caughtUp(log, 'app', 'app-by-value-repartition');
    await eventually('all is counted', async () => (await readTopic(log, counts)).length === 4);
    expect(failures).toBeLessThan(0);
    expect(app.state).toBe('running');
    await app.close();
  });
});
