import { type LogError, noHeaders } from '@millrace/log-client';
import { afterAll, describe, expect, test } from 'vitest';
import { kafkaLog } from '../src/index.ts';
import { brokers } from './brokers.ts';

const log = kafkaLog({ brokers });
afterAll(() => log.close());

/** Not compressed: `none` is the default. */
const record = (bytes: number) => ({
  key: null,
  value: Buffer.alloc(bytes, 'x'),
  timestamp: 0,
  headers: noHeaders,
});

let serial = 0;
async function topicWith(maxMessageBytes: number): Promise<string> {
  const name = `too-large-${process.pid}-${serial++}`;
  await log.admin.createTopics([
    { name, partitions: 1, configs: { 'max.message.bytes': String(maxMessageBytes) } },
  ]);
  return name;
}

async function sizesIn(topic: string): Promise<number[]> {
  const reader = await log.reader([{ topic, partition: 0, offset: 0 }]);
  const [range] = await log.admin.offsets([{ topic, partition: 0 }], { awaitTransactions: true });
  const sizes: number[] = [];
  for (let offset = 0; offset < range!.end; ) {
    for (const batch of await reader.poll({ maxWaitMs: 1000, maxRecords: 1000 })) {
      sizes.push(...batch.records.map(({ value }) => value!.length));
      offset = batch.nextOffset;
    }
  }
  await reader.close();
  return sizes;
}

describe('a topic with a small max.message.bytes', () => {
  test('takes many records that are small enough each, in order', async () => {
    const topic = await topicWith(2000);
    const records = Array.from({ length: 101 }, (_, n) => record(100 + n));
    const list = log.recordList();
    for (const one of records.slice(0, 40)) list.push(one);
    const producer = await log.producer({ transactionalId: topic });
    expect(await producer.commit({ records: [{ topic, partition: 0, records }] })).toEqual([0]);
    expect(await producer.commit({ records: [{ topic, partition: 0, records: list }] })).toEqual([
      expect.any(Number),
    ]);
    await producer.close();
    const sizes = records.map(({ value }) => value.length);
    expect(await sizesIn(topic)).toEqual([...sizes, ...sizes.slice(0, 40)]);
  });

  test.each(['an array', 'a list'])(
    'refuses the record of %s that is too large by its place',
    async (kind) => {
      const topic = await topicWith(2000);
      const all = Array.from({ length: 50 }, (_, n) => record(n === 17 ? 5000 : 100));
      const list = log.recordList();
      for (const one of all) list.push(one);
      const records = kind === 'an array' ? all : list;
      const producer = await log.producer({ transactionalId: topic });
      const refused = producer.commit({ records: [{ topic, partition: 0, records }] });
      await expect(refused).rejects.toMatchObject({
        code: 'LOG_TOO_LARGE',
        rejected: { entry: 0, index: 17 },
      } satisfies Partial<LogError>);
      await producer.close();
      // As the runtime does: a new producer under the same name, without the record.
      const again = await log.producer({ transactionalId: topic });
      await again.commit({ records: [{ topic, partition: 0, records: all.toSpliced(17, 1) }] });
      await again.close();
      expect(await sizesIn(topic)).toEqual(Array.from({ length: 49 }, () => 100));
    },
  );
});
