import { EmbeddedLog } from '@millrace/embedded-log';
import { type LogClient, noHeaders } from '@millrace/log-client';
import { type Logger, warningsOnly } from '@millrace/streams-core';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { RepartitionPurge } from '../../src/runtime/commit/repartition-purge.ts';
import { eventually } from './support.ts';

test('what is committed as processed is deleted from repartition topics, and not one record more', async () => {
  const log = await EmbeddedLog.inMemory();
  await log.admin.createTopics(['own', 'input'].map((name) => ({ name, partitions: 1 })));
  const producer = await log.producer();
  const records = Array.from({ length: 10 }, () => ({
    key: 'k',
    value: 'v',
    timestamp: 0,
    headers: noHeaders,
  }));
  for (const topic of ['own', 'input']) await producer.send([{ topic, partition: 0, records }]);
  const purge = new RepartitionPurge({ log, topics: new Set(['own']), intervalMs: 0, logger: warningsOnly });
  const start = async (topic: string): Promise<number> =>
    (await log.admin.offsets([{ topic, partition: 0 }]))[0]!.start;
  for (const offset of [4, 7, 10]) {
    purge.committed(['own', 'input'].map((topic) => ({ topic, partition: 0, offset, metadata: '' })));
    purge.run();
    await eventually('it is deleted', async () => (await start('own')) > 0 && (await start('own')) >= offset);
    expect(await start('own')).toBe(offset);
  }
  expect(await start('input')).toBe(0);
  await log.close();
});

describe('a purge', () => {
  afterEach(() => vi.useRealTimers());

  /** A log whose deletions wait until they are let through, and fail where told to. */
  function slowLog() {
    const asked: string[][] = [];
    const answers: { readonly done: () => void; readonly fail: (error: Error) => void }[] = [];
    const deleteRecords: LogClient['admin']['deleteRecords'] = (before) => {
      asked.push(before.map(({ topic, partition, offset }) => `${topic}-${partition}<${offset}`));
      return new Promise((done, fail) => void answers.push({ done, fail }));
    };
    return { asked, answers, log: { admin: { deleteRecords } } as unknown as LogClient };
  }

  function purging(intervalMs: number, log: LogClient) {
    const warnings: string[] = [];
    const logger: Logger = { ...warningsOnly, warn: (_, message) => void warnings.push(message ?? '') };
    const purge = new RepartitionPurge({ log, topics: new Set(['own']), intervalMs, logger });
    const commit = (partition: number, offset: number): void =>
      purge.committed([{ topic: 'own', partition, offset, metadata: '' }]);
    return { purge, commit, warnings };
  }

  const settled = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

  test('comes once in each interval, and counts it from the last one', async () => {
    vi.useFakeTimers({ toFake: ['performance'] });
    const { asked, answers, log } = slowLog();
    const { purge, commit } = purging(1000, log);
    commit(0, 5);
    vi.advanceTimersByTime(999);
    purge.run();
    expect(asked).toEqual([]);
    vi.advanceTimersByTime(1);
    purge.run();
    expect(asked).toEqual([['own-0<5']]);
    answers[0]!.done();
    await settled();
    commit(0, 6);
    vi.advanceTimersByTime(999);
    purge.run();
    expect(asked).toHaveLength(1);
    vi.advanceTimersByTime(1);
    purge.run();
    expect(asked[1]).toEqual(['own-0<6']);
  });

  test('has nothing to do where nothing of its topics was committed', () => {
    const { asked, log } = slowLog();
    const { purge } = purging(0, log);
    purge.committed([{ topic: 'other', partition: 0, offset: 5, metadata: '' }]);
    purge.run();
    expect(asked).toEqual([]);
  });

  test('is one at a time, and the next one takes what came meanwhile, each partition as far as it got', async () => {
    const { asked, answers, log } = slowLog();
    const { purge, commit } = purging(0, log);
    commit(0, 5);
    purge.run();
    commit(0, 6);
    commit(0, 7);
    commit(1, 3);
    purge.run();
    expect(asked).toHaveLength(1);
    answers[0]!.done();
    await settled();
    purge.run();
    expect(asked).toEqual([['own-0<5'], ['own-0<7', 'own-1<3']]);
    answers[1]!.done();
    await settled();
    purge.run();
    expect(asked).toHaveLength(2);
  });

  test('that failed is tried again, with what was committed since, and warned of once', async () => {
    const { asked, answers, log } = slowLog();
    const { purge, commit, warnings } = purging(0, log);
    commit(0, 5);
    commit(1, 5);
    purge.run();
    commit(0, 9);
    answers[0]!.fail(new Error('not authorized'));
    await settled();
    purge.run();
    expect(asked[1]!.toSorted()).toEqual(['own-0<9', 'own-1<5']);
    answers[1]!.fail(new Error('not authorized'));
    await settled();
    expect(warnings).toEqual(['Repartition topics keep what has been processed: not authorized']);
  });
});
