import path from 'node:path';
import {
  type PartitionReset,
  StreamsApp,
  StreamsBuilder,
  string,
  TimeWindows,
  topic,
} from '@millrace/streams-core';
import { expect, test } from 'vitest';
import { warnOfOffsetReset } from '../../src/handlers.ts';
import { clicks, counts, countClicks, last, topics } from '../runtime/click-counts.ts';
import { caughtUp, eventually, readTopic, withLog, write } from '../runtime/support.ts';

const output = topic('copied', { key: string(), value: string() });
const copy = () => {
  const builder = new StreamsBuilder();
  builder.stream(clicks).to(output);
  return builder.build();
};
const copied = ['clicks', 'copied'].map((name) => ({ name, partitions: 1 }));

test('an input topic that is deleted and created again under a running app is read from its start, and the listener knows', async () => {
  await withLog(async (log) => {
    await log.admin.createTopics(copied);
    await write(log, clicks, [
      ['a', 'old 1'],
      ['a', 'old 2'],
    ]);
    const resets: PartitionReset[] = [];
    const offsetResetListener = (reset: PartitionReset): void => void resets.push(reset);
    const app = new StreamsApp(copy(), { applicationId: 'app', log, offsetResetListener });
    await app.start();
    await caughtUp(log, 'app', 'clicks');
    await log.admin.deleteTopics(['clicks']);
    await log.admin.createTopics([copied[0]!]);
    // More than the old one held: an old position would be a place in the middle of these.
    const fresh = ['new 1', 'new 2', 'new 3', 'new 4'];
    await write(
      log,
      clicks,
      fresh.map((value) => ['a', value] as const),
    );
    await eventually('all of the new topic is read', async () => {
      const values = (await readTopic(log, output)).map(({ value }) => value);
      return fresh.every((value) => values.includes(value));
    });
    expect((await readTopic(log, output)).map(({ value }) => value)).toEqual(['old 1', 'old 2', ...fresh]);
    expect(resets).toEqual([
      { topic: 'clicks', partition: 0, committed: 2, offset: 0, reason: 'topic-recreated', missed: 0 },
    ]);
    await app.close();
  });
});

test.each([
  ['earliest', 3, 2],
  ['latest', 5, 4],
] as const)(
  'a reset behind retention counts the offsets that are missed, reset to %s',
  async (offsetReset, offset, missed) => {
    await withLog(async (log) => {
      await log.admin.createTopics(copied);
      const builder = new StreamsBuilder();
      builder.stream(clicks, { offsetReset }).to(output);
      const commits = [{ topic: 'clicks', partition: 0, offset: 1, metadata: '' }];
      const producer = await log.producer();
      await write(
        log,
        clicks,
        ['1', '2', '3', '4', '5'].map((value) => ['a', value] as const),
      );
      await producer.commit({ records: [], offsets: { group: 'app', commits } });
      await log.admin.deleteRecords([{ topic: 'clicks', partition: 0, offset: 3 }]);
      const resets: PartitionReset[] = [];
      const offsetResetListener = (reset: PartitionReset): void => void resets.push(reset);
      const app = new StreamsApp(builder.build(), { applicationId: 'app', log, offsetResetListener });
      await app.start();
      await eventually('the listener is called', () => resets.length > 0);
      await app.close();
      expect(resets).toEqual([
        { topic: 'clicks', partition: 0, committed: 1, offset, reason: 'out-of-range', missed },
      ]);
      const warnings: string[] = [];
      const onWarning = ({ message }: Error): void => void warnings.push(message);
      process.on('warning', onWarning);
      warnOfOffsetReset(resets[0]!);
      await eventually('it is warned of', () => warnings.length > 0);
      process.off('warning', onWarning);
      expect(warnings[0]).toBe(
        `clicks-0 no longer holds offset 1, which was to be read next; reading continues at ${offset}, ${missed} offsets are missed`,
      );
    });
  },
);

test('an input topic that is gone for good ends the app by name, after a while', async () => {
  await withLog(async (log) => {
    await log.admin.createTopics(copied);
    const app = new StreamsApp(copy(), { applicationId: 'app', log, topicRefreshMs: 300 });
    const done = expect(app.done).rejects.toMatchObject({
      code: 'TOPOLOGY_TOPIC_MISSING',
      message: expect.stringContaining('"clicks"'),
    });
    await app.start();
    await log.admin.deleteTopics(['clicks']);
    await done;
    await app.close().catch(() => {});
  });
});

test('partitions added to an input topic are read by a topology without state', async () => {
  await withLog(async (log) => {
    await log.admin.createTopics(copied);
    const app = new StreamsApp(copy(), { applicationId: 'app', log, topicRefreshMs: 50 });
    await app.start();
    await log.admin.createPartitions([{ name: 'clicks', partitions: 3 }]);
    const values = Array.from({ length: 30 }, (_, n) => `v${n}`);
    await write(
      log,
      clicks,
      values.map((value) => [value, value] as const),
    );
    await eventually('all partitions are read', async () => (await readTopic(log, output)).length === 30);
    expect(app.taskIds).toHaveLength(3);
    await app.close();
  });
});

test('partitions added to the input of a store stop the app, which says how to keep the state', async () => {
  await withLog(async (log, stateDir) => {
    await log.admin.createTopics(topics(1));
    await write(log, clicks, [['a', 'x']]);
    const config = { applicationId: 'app', log, stateDir, topicRefreshMs: 50 };
    const app = new StreamsApp(countClicks(), config);
    const done = expect(app.done).rejects.toMatchObject({
      code: 'TOPOLOGY_PARTITIONS_CHANGED',
      message: expect.stringMatching(
        /has 2 partitions, and had 1 when the store "clicks-per-key" was made.*To keep the state/,
      ),
    });
    await app.start();
    await caughtUp(log, 'app', 'clicks');
    await log.admin.createPartitions([{ name: 'clicks', partitions: 2 }]);
    await done;
    await app.close().catch(() => {});
    expect(last(await readTopic(log, counts))).toEqual({ a: 1 });
    await expect(new StreamsApp(countClicks(), config).start()).rejects.toMatchObject({
      code: 'TOPOLOGY_PARTITIONS_CHANGED',
    });
  });
});

test('commits that outlive their topic bring neither its place nor its times to the next one of its name', async () => {
  await withLog(async (log, stateDir) => {
    const builder = new StreamsBuilder();
    builder
      .stream(clicks)
      .groupByKey()
      .windowedBy(TimeWindows.of(10))
      .count()
      .toStream()
      .map((count, { key, window }) => [`${key}@${window.start}`, count ?? 0])
      .to(counts);
    const run = async (name: string): Promise<void> => {
      const config = { applicationId: 'app', log, stateDir: path.join(stateDir, name) };
      const app = new StreamsApp(builder.build(), config);
      await app.start();
      await eventually('it has written', async () => (await readTopic(log, counts)).length > 0);
      await app.close();
    };
    await log.admin.createTopics(topics(1));
    await write(log, clicks, [['late', 'x', 1_000_000]]);
    await run('first');
    // As a cluster may leave it that goes down while it deletes topics.
    const kept = await log.admin.groups();
    await log.admin.deleteTopics([...(await log.admin.topics()).keys()]);
    await log.admin.createTopics(topics(1));
    const producer = await log.producer();
    for (const { group, committed } of kept) {
      const commits = committed.filter((commit) => commit.topic === clicks.name);
      expect(commits).toHaveLength(1);
      await producer.commit({ records: [], offsets: { group, commits } });
    }
    await write(log, clicks, [['early', 'x', 5]]);
    await run('second');
    expect(last(await readTopic(log, counts))).toEqual({ 'early@0': 1 });
  });
});
