import { logMetricCatalogue } from '@millrace/embedded-log';
import { withNulls } from '../../operators/support.ts';
import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { rm } from 'node:fs/promises';
import path from 'node:path';
import {
  appChannels,
  type Logger,
  type Metric,
  metricCatalogue,
  StreamsApp,
  StreamsBuilder,
  type StreamsConfig,
  topic,
  string,
} from '@millrace/streams-core';
import { MockProcessorContext } from '@millrace/testing';
import { expect, test } from 'vitest';
import { Timing } from '../../../src/runtime/task/timing.ts';
import { clicks, countClicks, topics } from '../click-counts.ts';
import { caughtUp, eventually, withLog, write } from '../support.ts';

/** A metric's values, summed over what its tags tell apart. */
function sum(
  metrics: readonly Metric[],
  group: string,
  name: string,
  tags: Record<string, string> = {},
): number {
  const found = metrics.filter(
    (one) =>
      one.group === group &&
      one.name === name &&
      Object.entries(tags).every(([tag, value]) => one.tags[tag] === value),
  );
  if (found.length === 0) throw new Error(`no metric ${group} ${name} ${JSON.stringify(tags)}`);
  return found.reduce((total, { value }) => total + value, 0);
}

const records = Array.from({ length: 100 }, (_, n) => [`key-${n % 10}`, 'x'] as const);

test('an app measures what it reads, processes, commits, keeps and restores', async () => {
  await withLog(async (log, dir) => {
    await log.admin.createTopics(topics(2));
    const start = async (config: Partial<StreamsConfig> = {}) => {
      const app = new StreamsApp(countClicks(), { applicationId: 'app', log, stateDir: dir, ...config });
      await app.start();
      return app;
    };
    const app = await start();
    await write(log, clicks, records);
    await caughtUp(log, 'app', 'clicks');
    const metrics = app.readMetrics();
    expect(sum(metrics, 'stream-task-metrics', 'process-total')).toBe(100);
    expect(sum(metrics, 'stream-metrics', 'process-total')).toBe(100);
    expect(sum(metrics, 'stream-thread-metrics', 'poll-records-total')).toBe(100);
    expect(sum(metrics, 'stream-thread-metrics', 'commit-total')).toBeGreaterThan(0);
    expect(sum(metrics, 'stream-thread-metrics', 'commit-time-total')).toBeGreaterThan(0);
    expect(sum(metrics, 'stream-thread-metrics', 'process-latency-max')).toBeGreaterThan(0);
    expect(sum(metrics, 'stream-metrics', 'state', { state: 'running' })).toBe(1);
    expect(sum(metrics, 'stream-metrics', 'state', { state: 'rebalancing' })).toBe(0);
    expect(sum(metrics, 'stream-metrics', 'state-time-total', { state: 'running' })).toBeGreaterThan(0);
    expect(sum(metrics, 'stream-metrics', 'rebalance-total')).toBeGreaterThan(0);
    expect(sum(metrics, 'stream-metrics', 'active-tasks')).toBe(2);
    expect(sum(metrics, 'stream-thread-metrics', 'task-created-total')).toBe(2);
    // Records of 1970: their results come some 50 years later.
    expect(sum(metrics, 'stream-metrics', 'record-e2e-latency-max')).toBeGreaterThan(1e12);
    expect(sum(metrics, 'consumer-fetch-manager-metrics', 'records-lag', { topic: 'clicks' })).toBe(0);
    expect(sum(metrics, 'stream-state-metrics', 'memory-rows', { 'state-id': 'clicks-per-key' })).toBe(10);
    await app.close();
    expect(sum(app.readMetrics(), 'stream-metrics', 'process-total')).toBe(100);
    expect(sum(app.readMetrics(), 'stream-thread-metrics', 'task-closed-total')).toBe(2);

    await rm(path.join(dir, 'app'), { recursive: true });
    const again = await start();
    await eventually('it runs', () => again.state === 'running');
    expect(sum(again.readMetrics(), 'stream-state-metrics', 'restore-total')).toBe(10);
    await again.close();
    const silent = await start({ recordingLevel: 'off' });
    expect(silent.readMetrics()).toEqual([]);
    await silent.close();
  });
});

test('every metric that is read is in the catalogue, as it is described there', async () => {
  await withLog(async (log, dir) => {
    await log.admin.createTopics(topics(1));
    const config = { applicationId: 'app', log, stateDir: dir, recordingLevel: 'debug' } as const;
    const app = new StreamsApp(countClicks(), config);
    await app.start();
    await write(log, clicks, records);
    await caughtUp(log, 'app', 'clicks');
    // Those of its log are among them: it is in this process.
    const catalogue = { ...metricCatalogue, ...logMetricCatalogue };
    for (const { group, name, kind, unit, description } of app.readMetrics()) {
      const known = catalogue[group as keyof typeof catalogue] as Record<string, unknown>;
      expect({ group, name, described: known[name] }).toEqual({
        group,
        name,
        described: { kind, unit, description },
      });
    }
    const byNode = app.readMetrics().filter(({ group }) => group === 'stream-processor-node-metrics');
    const counts = byNode.filter(({ name }) => name === 'process-total');
    expect(counts.map(({ value }) => value)).toEqual(counts.map(() => 100));
    const times = byNode.filter(({ name }) => name === 'process-latency-avg');
    expect(times.map(({ tags }) => tags)).toEqual(counts.map(({ tags }) => tags));
    expect(counts).toHaveLength(5);
    await app.close();
  });
});

test('processors measure what they like, and cannot do so twice under one name', async () => {
  await withLog(async (log) => {
    await log.admin.createTopics([{ name: 'in', partitions: 2 }]);
    const input = topic('in', { key: string(), value: string() });
    const builder = new StreamsBuilder();
    builder.stream(input).process(
      ({ metrics, taskId }) => {
        const long = metrics.counter('long-values', { description: 'Values of more than a letter' });
        const timing = metrics.timing('parse', { tags: { format: 'text' } });
        metrics.gauge('task-number', () => Number(taskId.split('_')[1]));
        expect(() => metrics.counter('long-values')).toThrow('has a metric "long-values"');
        expect(() => metrics.counter('no name')).toThrow('"no name" is no name for a metric');
        return ({ value }) => {
          if (value.length > 1) long.add();
          timing.record(value.length);
        };
      },
      { name: 'measured' },
    );
    const app = new StreamsApp(builder.build(), { applicationId: 'app', log });
    await app.start();
    await write(log, input, [
      ['a', 'xx'],
      ['b', 'y'],
      ['c', 'zzz'],
    ]);
    await caughtUp(log, 'app', 'in');
    const metrics = app.readMetrics();
    expect(sum(metrics, 'stream-user-metrics', 'long-values', { 'processor-node-id': 'measured' })).toBe(2);
    expect(sum(metrics, 'stream-user-metrics', 'parse-total', { format: 'text' })).toBe(3);
    expect(sum(metrics, 'stream-user-metrics', 'task-number')).toBe(1);
    await app.close();
  });
  const context = new MockProcessorContext();
  context.metrics.counter('seen').add(3);
  expect(context.measured).toEqual({ seen: 3 });
});

test('the logger and the diagnostics channels are told of states, restores and skipped records', async () => {
  await withLog(async (log, dir) => {
    await log.admin.createTopics(topics(1));
    const lines: string[] = [];
    const say =
      (level: string) =>
      (_: object, message: string): void =>
        void lines.push(`${level} ${message}`);
    const logger: Logger = { debug: say('debug'), info: say('info'), warn: say('warn'), error: say('error') };
    const published: unknown[] = [];
    const listen = (message: unknown): void => void published.push(message);
    subscribe(appChannels.skipped, listen);
    const config = { applicationId: 'app', log, logger } as const;
    const app = new StreamsApp(countClicks(withNulls(clicks)), {
      ...config,
      stateDir: path.join(dir, 'one'),
    });
    await app.start();
    await write(log, clicks, [['a', 'x']]);
    const producer = await log.producer();
    const noKey = { key: null, value: Buffer.from('x'), timestamp: 1, headers: [] };
    await producer.send([{ topic: 'clicks', partition: 0, records: [noKey, noKey, noKey] }]);
    await caughtUp(log, 'app', 'clicks');
    await app.close();
    const again = new StreamsApp(countClicks(), { ...config, stateDir: path.join(dir, 'two') });
    await again.start();
    await eventually('it runs', () => again.state === 'running');
    await again.close();
    unsubscribe(appChannels.skipped, listen);
    expect(lines.filter((line) => line.startsWith('warn'))).toEqual([
      expect.stringMatching(
        /^warn App "app" skips a record at KSTREAM-AGGREGATE-\d+ \(null\): clicks-0 @ 1$/,
      ),
    ]);
    expect(lines).toContain('info App "app" is running');
    expect(lines).toContain('info App "app" is closed');
    expect(lines).toContain('info App "app": store "clicks-per-key" of task 0_0 has been restored');
    expect(published).toHaveLength(3);
    expect(published[0]).toMatchObject({ applicationId: 'app', origin: { topic: 'clicks', offset: 1 } });
  });
});

test('a timing tells the last minute from all of it', () => {
  let now = 0;
  const timing = new Timing(() => now);
  for (let n = 1; n <= 1000; n++) timing.record(n);
  const figures = timing.read();
  expect(figures).toMatchObject({ count: 1000, totalMs: 500_500, avgMs: 500.5, minMs: 1, maxMs: 1000 });
  expect(figures.p99Ms).toBeGreaterThan(940);
  expect(figures.p99Ms).toBeLessThanOrEqual(1000);
  now = 31_000;
  timing.record(5);
  expect(timing.read()).toMatchObject({ count: 1001, maxMs: 1000 });
  now = 62_000;
  expect(timing.read()).toMatchObject({ count: 1001, maxMs: 5, avgMs: 5 });
  timing.record(1e12);
  expect(timing.read().p99Ms).toBe(1e12);
  now = 200_000;
  expect(timing.read()).toMatchObject({ count: 1002, maxMs: 0, avgMs: 0, p99Ms: 0 });
});
