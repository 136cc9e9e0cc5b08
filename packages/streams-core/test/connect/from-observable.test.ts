import { fromObservable } from '@millrace/streams-core';
import { from, mergeMap, type Observable, range, Subject, takeWhile } from 'rxjs';
import { expect, test } from 'vitest';
import { input } from '../operators/support.ts';
import { eventually, readTopic, withLog } from '../runtime/support.ts';

const topics = [{ name: 'input', partitions: 3 }];

test('what an observable emits is written, by key and in order, until it completes', async () => {
  await withLog(async (log) => {
    await log.admin.createTopics(topics);
    const records = Array.from({ length: 500 }, (_, n) => ({ key: `k${n % 5}`, value: n, timestamp: n }));
    const connector = fromObservable(log, input, from(records), { batchRecords: 64 });
    await connector.done;
    expect(connector.written).toBe(500);
    const found = await readTopic(log, input);
    for (let key = 0; key < 5; key++) {
      const own = found.filter((record) => record.key === `k${key}`).map(({ value }) => value);
      expect(own).toEqual(records.filter(({ value }) => value % 5 === key).map(({ value }) => value));
    }
  });
});

test('a source that can be asked never has more waiting than there is room for', async () => {
  await withLog(async (log) => {
    await log.admin.createTopics(topics);
    let asked = 0;
    const source = (demand$: Observable<number>) =>
      demand$.pipe(
        takeWhile(() => asked < 1000),
        mergeMap((room) => {
          const first = asked;
          const count = Math.min(room, 1000 - asked);
          asked += count;
          return range(first, count);
        }),
        mergeMap((n) => [{ key: 'k', value: n, timestamp: n }]),
      );
    const connector = fromObservable(log, input, source, { maxPending: 10 });
    await eventually('all is written', () => connector.written === 1000);
    await connector.close();
    expect((await readTopic(log, input)).map(({ value }) => value)).toEqual(
      Array.from({ length: 1000 }, (_, n) => n),
    );
  });
});

test('a source that cannot wait and does not is an error; so is one that fails, and a topic that is not there', async () => {
  await withLog(async (log) => {
    await log.admin.createTopics(topics);
    const flood = from(Array.from({ length: 100 }, () => ({ key: 'k', value: 1 })));
    await expect(fromObservable(log, input, flood, { maxPending: 10 }).done).rejects.toMatchObject({
      code: 'SOURCE_OVERFLOW',
      message: expect.stringMatching(/"input".*10 records wait to be written.*maxPending/),
    });
    const failing = new Subject<{ key: string; value: number }>();
    const connector = fromObservable(log, input, failing);
    failing.next({ key: 'k', value: 1 });
    failing.error(new Error('gone'));
    await expect(connector.done).rejects.toThrow('gone');
    expect(connector.written).toBe(1);
    await expect(fromObservable(log, { ...input, name: 'none' }, flood).done).rejects.toMatchObject({
      code: 'TOPOLOGY_TOPIC_MISSING',
      message: expect.stringMatching(/"none".*does not exist.*create it/),
    });
  });
});
