import { noHeaders } from '@millrace/log-client';
import { expect, test } from 'vitest';
import { EmbeddedLog } from '../src/index.ts';

/** A log with so many partitions, each with two batches of 100 records. */
async function logOf(partitions: number): Promise<EmbeddedLog> {
  const log = await EmbeddedLog.inMemory({ housekeepingMs: Number.POSITIVE_INFINITY });
  await log.admin.createTopics([{ name: 't', partitions }]);
  const producer = await log.producer();
  const records = Array.from({ length: 100 }, (_, n) => ({
    key: null,
    value: String(n),
    timestamp: n,
    headers: noHeaders,
  }));
  for (let round = 0; round < 2; round++) {
    for (let partition = 0; partition < partitions; partition++) {
      await producer.send([{ topic: 't', partition, records }]);
    }
  }
  return log;
}

test('a poll ends once it has enough: partitions with large batches wait for the next one, in turn', async () => {
  const log = await logOf(5);
  const positions = Array.from({ length: 5 }, (_, partition) => ({ topic: 't', partition, offset: 0 }));
  const reader = await log.reader(positions);
  const polls: string[] = [];
  for (;;) {
    const batches = await reader.poll({ maxWaitMs: 0, maxRecords: 150 });
    if (batches.length === 0) break;
    polls.push(batches.map(({ partition, records }) => `${partition}:${records.length}`).join(' '));
  }
  expect(polls).toEqual(['0:100 1:100', '2:100 3:100', '4:100 0:100', '1:100 2:100', '3:100 4:100']);
  await log.close();
});

test('one partition with more than is asked for gives a batch at a time', async () => {
  const log = await logOf(1);
  const reader = await log.reader([{ topic: 't', partition: 0, offset: 0 }]);
  const sizes: number[] = [];
  for (let n = 0; n < 3; n++) {
    const batches = await reader.poll({ maxWaitMs: 0, maxRecords: 1 });
    sizes.push(batches.reduce((sum, { records }) => sum + records.length, 0));
  }
  expect(sizes).toEqual([100, 100, 0]);
  await log.close();
});
