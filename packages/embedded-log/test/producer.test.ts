import { batchHeaderBytes } from '@millrace/kafka-protocol';
import { type LogProducer, noHeaders, type ProducerRecord } from '@millrace/log-client';
import { describe, expect, test } from 'vitest';
import { EmbeddedLog, type EmbeddedLogOptions, MemoryFileSystem } from '../src/index.ts';
import { newRecordList } from '../src/encode/record-list.ts';
import { runHeaderBytes } from '../src/format/frame.ts';

const record = (value: string, timestamp = 0): ProducerRecord => ({
  key: null,
  value,
  timestamp,
  headers: noHeaders,
});
const one = (value: string, partition = 0) => [{ topic: 't', partition, records: [record(value)] }];
const commits = [{ topic: 't', partition: 0, offset: 7, metadata: 'm' }];

/** What a record takes in a batch. */
function bytesOf(one: ProducerRecord): number {
  const list = newRecordList();
  list.push(one);
  return list.largestBytes;
}

async function open(options: Partial<EmbeddedLogOptions> = {}, configs: Record<string, string> = {}) {
  const log = await EmbeddedLog.inMemory({ housekeepingMs: Number.POSITIVE_INFINITY, ...options });
  await log.admin.createTopics([{ name: 't', partitions: 2, configs }]);
  const ends = async (): Promise<number[]> =>
    (
      await log.admin.offsets([
        { topic: 't', partition: 0 },
        { topic: 't', partition: 1 },
      ])
    ).map(({ end }) => end);
  return { log, ends };
}

const codeOf = (promise: Promise<unknown>): Promise<unknown> =>
  promise.then(
    () => 'committed',
    (error: unknown) => error,
  );

describe('a commit', () => {
  test('brings records and offsets at once, or neither', async () => {
    const { log, ends } = await open();
    const producer = await log.producer();
    const sent = await producer.commit({
      records: [...one('a'), ...one('b', 1)],
      offsets: { group: 'g', commits },
    });
    expect([sent, await ends()]).toEqual([
      [0, 0],
      [1, 1],
    ]);
    expect(await log.admin.committed('g', [{ topic: 't', partition: 0 }])).toEqual([
      { offset: 7, metadata: 'm' },
    ]);
    const refused = await codeOf(
      producer.commit({
        records: one('c'),
        offsets: { group: 'g', member: { memberId: 'nobody', generation: 1 }, commits },
      }),
    );
    expect(refused).toMatchObject({ code: 'LOG_FENCED' });
    expect(await ends()).toEqual([1, 1]);
    await log.close();
  });

  test('for a topic that is not there is refused, records or offsets', async () => {
    const { log, ends } = await open();
    const producer = await log.producer();
    const nowhere = [{ topic: 'none', partition: 0 }] as const;
    expect(
      await codeOf(producer.send([...one('a'), { ...nowhere[0], records: [record('b')] }])),
    ).toMatchObject({ code: 'LOG_UNKNOWN_TOPIC' });
    expect(
      await codeOf(
        producer.commit({
          records: one('a'),
          offsets: {
            group: 'g',

            commits: [{ ...nowhere[0], offset: 1, metadata: '' }],
          },
        }),
      ),
    ).toMatchObject({ code: 'LOG_UNKNOWN_TOPIC' });
    expect(await ends()).toEqual([0, 0]);
    await log.close();
  });
});

describe('a producer', () => {
  test('that is closed commits no more', async () => {
    const { log, ends } = await open();
    const producer = await log.producer();
    await producer.close();
    expect(await codeOf(producer.send(one('a')))).toMatchObject({
      code: 'LOG_CLOSED',
      message: 'This producer is closed',
    });
    expect(await ends()).toEqual([0, 0]);
    await log.close();
  });

  test('is fenced by a newer one with its transactional id, and by no other', async () => {
    const { log, ends } = await open();
    const make = (transactionalId: string): Promise<LogProducer> => log.producer({ transactionalId });
    const [old, other] = [await make('one'), await make('two')];
    const newer = await make('one');
    expect(await codeOf(old.send(one('a')))).toMatchObject({ code: 'LOG_FENCED' });
    await other.send(one('b'));
    await newer.send(one('c'));
    expect(await ends()).toEqual([2, 0]);
    await log.close();
  });
});

test('a log on files in memory keeps every commit, however large', async () => {
  const log = await EmbeddedLog.openOn(new MemoryFileSystem(), { durability: 'os', directBytes: 0 });
  await log.admin.createTopics([{ name: 't', partitions: 2 }]);
  const producer = await log.producer();
  const values = ['a', 'b', 'c'].map((letter) => letter.repeat(300_000));
  for (const value of values) await producer.send([...one(value), ...one(value, 1)]);
  const positions = [0, 1].map((partition) => ({ topic: 't', partition, offset: 0 }));
  const reader = await log.reader(positions);
  const found = new Map<number, string[]>();
  while ([0, 1].some((partition) => found.get(partition)?.length !== 3)) {
    for (const { partition, records } of await reader.poll({ maxWaitMs: 1000, maxRecords: 10 })) {
      const texts = records.map((read) => Buffer.from(read.value!).toString());
      found.set(partition, [...(found.get(partition) ?? []), ...texts]);
    }
  }
  for (const texts of found.values()) expect(texts.every((text, n) => text === values[n])).toBe(true);
  await log.close();
});

describe('a record', () => {
  test.each([Number.NaN, 1.5, Number.POSITIVE_INFINITY])(
    'with the time %s is refused by its place',
    async (time) => {
      const { log, ends } = await open();
      const producer = await log.producer();
      const records = [record('a'), record('b', time)];
      const error = await codeOf(producer.send([...one('x', 1), { topic: 't', partition: 0, records }]));
      expect(error).toMatchObject({ rejected: { entry: 1, index: 1 } });
      expect(await ends()).toEqual([0, 0]);
      await log.close();
    },
  );

  test.each([
    ['the log', { maxRecordBytes: 1000 }, {}, 'raise maxRecordBytes'],
    ['its topic', {}, { 'max.message.bytes': '1000' }, "raise the topic's max.message.bytes"],
  ])('may be as large as %s says, and no larger', async (_, options, configs, remedy) => {
    const { log, ends } = await open(options, configs);
    const producer = await log.producer();
    const largest = record('x'.repeat(1000 - 9));
    expect(bytesOf(largest)).toBe(1000);
    await producer.send([{ topic: 't', partition: 0, records: [largest] }]);
    const records = [record('a'), record(`${String(largest.value)}x`)];
    const error = await codeOf(producer.send([{ topic: 't', partition: 0, records }]));
    expect(error).toMatchObject({ code: 'LOG_TOO_LARGE', rejected: { entry: 0, index: 1 } });
    expect(String(error)).toContain(remedy);
    // Of a list the first that is too large is named, not the largest.
    const list = log.recordList();
    for (const size of [1, 1500, 1, 2500]) list.push(record('x'.repeat(size)));
    const refused = await codeOf(producer.send([{ topic: 't', partition: 0, records: list }]));
    expect(refused).toMatchObject({ code: 'LOG_TOO_LARGE', rejected: { entry: 0, index: 1 } });
    expect(String(refused)).toContain(remedy);
    expect(await ends()).toEqual([1, 0]);
    await log.close();
  });

  test('counts for the size of its commit, with what batches take beyond it', async () => {
    const probe = record('x'.repeat(100));
    const limit = runHeaderBytes + batchHeaderBytes + 3 * bytesOf(probe);
    for (const [maxTransactionBytes, code] of [
      [limit, undefined],
      [limit - 1, 'LOG_TOO_LARGE'],
    ] as const) {
      const { log } = await open({ maxTransactionBytes });
      const producer = await log.producer();
      const records = [probe, probe, probe];
      const outcome = await codeOf(producer.send([{ topic: 't', partition: 0, records }]));
      expect((outcome as { code?: string }).code).toBe(code);
      await log.close();
    }
  });
});
