import { noHeaders } from '@millrace/log-client';
import { expect, test } from 'vitest';
import { EmbeddedLog } from '../src/index.ts';

const recordOf = (n: number) => ({ key: null, value: String(n), timestamp: n, headers: noHeaders });

/** A log with so many partitions, each with two batches of 100 records. */
async function logOf(partitions: number): Promise<EmbeddedLog> {
  const log = await EmbeddedLog.inMemory({ housekeepingMs: Number.POSITIVE_INFINITY });
  await log.admin.createTopics([{ name: 't', partitions }]);
  const producer = await log.producer();
  const records = Array.from({ length: 100 }, (_, n) => recordOf(n));
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
  expect(polls).toEqual(['0:200', '1:200', '2:200', '3:200', '4:200']);
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

test('of many partitions with small batches a poll takes some from a few, not a few from all', async () => {
  const log = await EmbeddedLog.inMemory({ housekeepingMs: Number.POSITIVE_INFINITY });
  const partitions = 20;
  await log.admin.createTopics([{ name: 't', partitions }]);
  const producer = await log.producer();
  for (let offset = 0; offset < 3000; offset += 50) {
    const records = Array.from({ length: 50 }, (_, n) => recordOf(offset + n));
    await producer.send(
      Array.from({ length: partitions }, (_, partition) => ({ topic: 't', partition, records })),
    );
  }
  const positions = Array.from({ length: partitions }, (_, partition) => ({
    topic: 't',
    partition,
    offset: 0,
  }));
  const reader = await log.reader(positions);
  const read = new Map<number, string[]>();
  const rounds = 12;
  for (let poll = 0; poll < rounds; poll++) {
    const batches = await reader.poll({ maxWaitMs: 0, maxRecords: 5000 });
    expect(batches.map(({ records }) => records.length)).toEqual(Array(5).fill(1000));
    for (const { partition, records } of batches) {
      const values = records.map(({ value }) => Buffer.from(value!).toString());
      read.set(partition, [...(read.get(partition) ?? []), ...values]);
    }
    // Each has its turn before any has its second one.
    const turns = [...read.values()].map(({ length }) => length);
    expect(Math.max(...turns) - (read.size < partitions ? 0 : Math.min(...turns))).toBeLessThanOrEqual(1000);
  }
  expect(await reader.poll({ maxWaitMs: 0, maxRecords: 5000 })).toEqual([]);
  const all = Array.from({ length: 3000 }, (_, n) => String(n));
  for (const values of read.values()) expect(values).toEqual(all);
  await log.close();
});
