import { readdir } from 'node:fs/promises';
import path from 'node:path';
import {
  deadLetterTo,
  json,
  logAndContinue,
  StreamsApp,
  StreamsBuilder,
  string,
  type Topology,
  topic,
} from '@millrace/streams-core';
import { expect, test } from 'vitest';
import { clicks, counts, countClicks, topics } from './click-counts.ts';
import { caughtUp, eventually, readTopic, withLog, write } from './support.ts';

const numbers = topic('numbers', { key: string(), value: json<{ n: number }>() });
const doubled = topic('doubled', { key: string(), value: json<number>() });
const double = (): Topology => {
  const builder = new StreamsBuilder();
  builder
    .stream(numbers)
    .mapValues(({ n }) => n * 2)
    .to(doubled);
  return builder.build();
};
const raw = topic('numbers', { key: string(), value: string() });
const create = [numbers, doubled].map(({ name }) => ({ name, partitions: 1 }));

test('a record that cannot be read stops the app, which says which one', async () => {
  await withLog(async (log) => {
    await log.admin.createTopics(create);
    await write(log, raw, [
      ['a', '{"n":1}'],
      ['a', 'junk'],
    ]);
    const app = new StreamsApp(double(), { applicationId: 'app', log });
    await app.start();
    await eventually('it fails', () => app.state === 'error');
    expect(app.failure).toMatchObject({
      code: 'RECORD_DESERIALIZATION',
      node: 'KSTREAM-SOURCE-0000000000',
      origin: { topic: 'numbers', partition: 0, offset: 1 },
    });
    await expect(app.close()).rejects.toThrow(/numbers-0 @ 1/);
  });
});

test('logAndContinue leaves unreadable records out and reports each', async () => {
  await withLog(async (log) => {
    await log.admin.createTopics(create);
    await write(log, raw, [
      ['a', 'junk'],
      ['a', '{"n":2}'],
      ['a', 'more junk'],
    ]);
    const reports: string[] = [];
    const handler = logAndContinue((message) => reports.push(message));
    const app = new StreamsApp(double(), {
      applicationId: 'app',
      log,
      deserializationExceptionHandler: handler,
    });
    await app.start();
    await eventually('the good one is through', async () => (await readTopic(log, doubled)).length === 1);
    await eventually('both bad ones are reported', () => reports.length === 2);
    expect(app.metrics.droppedRecords).toBe(2);
    await app.close();
    expect(await readTopic(log, doubled)).toEqual([{ key: 'a', value: 4 }]);
  });
});

test('an unreadable record goes to a dead-letter topic with the reason in its headers', async () => {
  await withLog(async (log) => {
    await log.admin.createTopics([...create, { name: 'dead', partitions: 1 }]);
    await write(log, raw, [
      ['a', 'junk'],
      ['a', '{"n":2}'],
    ]);
    const app = new StreamsApp(double(), {
      applicationId: 'app',
      log,
      deserializationExceptionHandler: deadLetterTo('dead'),
      deadLetterTopics: ['dead'],
    });
    await app.start();
    await caughtUp(log, 'app', 'numbers');
    await app.close();
    const reader = await log.reader([{ topic: 'dead', partition: 0, offset: 0 }]);
    const [batch] = await reader.poll({ maxWaitMs: 100, maxRecords: 10 });
    const [record] = batch!.records;
    expect(Buffer.from(record!.value!).toString()).toBe('junk');
    const headers = Object.fromEntries(
      record!.headers.map(({ key, value }) => [key, Buffer.from(value!).toString()]),
    );
    expect(headers).toMatchObject({
      '__streams.errors.topic': 'numbers',
      '__streams.errors.partition': '0',
      '__streams.errors.offset': '0',
      '__streams.errors.exception': 'SyntaxError',
    });
  });
});

test('an error in user code names the operator and the record; nothing of it is committed', async () => {
  await withLog(async (log) => {
    await log.admin.createTopics(topics(1));
    await write(log, clicks, [
      ['a', 'ok'],
      ['a', 'bad'],
    ]);
    const builder = new StreamsBuilder();
    builder
      .stream(clicks)
      .mapValues(
        (value) => {
          if (value === 'bad') throw new Error('no such click');
          return 1;
        },
        { name: 'check-clicks' },
      )
      .to(counts);
    const app = new StreamsApp(builder.build(), { applicationId: 'app', log, commitIntervalMs: 60_000 });
    await app.start();
    await eventually('it fails', () => app.state === 'error');
    expect(app.failure).toMatchObject({
      code: 'RECORD_PROCESSING',
      node: 'check-clicks',
      origin: { offset: 1 },
    });
    expect(String(app.failure)).toContain('no such click');
    expect(await readTopic(log, counts)).toEqual([]);
    await app.close().catch(() => {});
  });
});

test('the uncaught-exception handler may have the work started over', async () => {
  await withLog(async (log, stateDir) => {
    await log.admin.createTopics(topics(1));
    await write(log, clicks, [
      ['a', '1'],
      ['a', '2'],
      ['a', '3'],
    ]);
    let failures = 0;
    const builder = new StreamsBuilder();
    builder
      .stream(clicks)
      .peek((value) => {
        if (value === '2' && failures < 2) {
          failures++;
          throw new Error('flaky');
        }
      })
      .groupByKey()
      .count()
      .toStream()
      .mapValues((count) => count ?? 0)
      .to(counts);
    const app = new StreamsApp(builder.build(), {
      applicationId: 'app',
      log,
      stateDir,
      uncaughtExceptionHandler: () => 'restart',
    });
    await app.start();
    await caughtUp(log, 'app', 'clicks');
    expect(failures).toBe(2);
    expect((await readTopic(log, counts)).map(({ value }) => value)).toEqual([1, 2, 3]);
    await app.close();
  });
});

test('missing topics are named, with what to do', async () => {
  await withLog(async (log, stateDir) => {
    const app = new StreamsApp(countClicks(), { applicationId: 'app', log, stateDir });
    await expect(app.start()).rejects.toThrow(
      /"clicks", which does not exist: create it with log\.admin\.createTopics/,
    );
    expect(app.state).toBe('error');
  });
});

test('a persistent store needs a folder', async () => {
  await withLog(async (log) => {
    await log.admin.createTopics(topics(1));
    const app = new StreamsApp(countClicks(), { applicationId: 'app', log });
    await app.start();
    await eventually('it fails', () => app.state === 'error');
    expect(String(app.failure)).toMatch(/"clicks-per-key" is persistent, so "stateDir" must name a folder/);
    await app.close().catch(() => {});
  });
});

test('stores are in a folder for the application and the task', async () => {
  await withLog(async (log, stateDir) => {
    await log.admin.createTopics(topics(1));
    const app = new StreamsApp(countClicks(), { applicationId: 'my-app', log, stateDir });
    await app.start();
    await eventually('it runs', () => app.state === 'running' && app.taskIds.length === 1);
    await app.close();
    expect(await readdir(path.join(stateDir, 'my-app', '0_0'))).toEqual(['clicks-per-key']);
  });
});
