import { noHeaders, type ProducerRecord } from '@millrace/log-client';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { EmbeddedLog, type EmbeddedLogOptions } from '../../src/index.ts';
import { Random } from '../simulation/random.ts';
import { SimulatedDisk } from '../simulation/simulated-disk.ts';
import { WatchedFileSystem } from '../simulation/watched-file-system.ts';

// Commits whose batches go to their segments while the next ones are encoded; here all that have more than
// one partition are large enough.

const record = (value: string, timestamp = 0): ProducerRecord => ({
  key: null,
  value,
  timestamp,
  headers: noHeaders,
});
const entry = (partition: number, ...values: readonly (string | ProducerRecord)[]) => ({
  topic: 't',
  partition,
  records: values.map((value) => (typeof value === 'string' ? record(value) : value)),
});
const partitions = [0, 1, 2].map((partition) => ({ topic: 't', partition }));

async function openLog(options: Partial<EmbeddedLogOptions> = {}, memory = new SimulatedDisk(new Random(1))) {
  const disk = new WatchedFileSystem(memory.boot());
  const log = await EmbeddedLog.openOn(disk, {
    durability: 'os',
    directBytes: 0,
    housekeepingMs: Number.POSITIVE_INFINITY,
    ...options,
  });
  if ((await log.admin.topics()).size === 0)
    await log.admin.createTopics([{ name: 't', partitions: partitions.length }]);
  disk.take();
  return { disk, log, memory, producer: await log.producer() };
}

async function valuesIn(log: EmbeddedLog): Promise<string[][]> {
  const ranges = await log.admin.offsets(partitions);
  const values: string[][] = partitions.map(() => []);
  const reader = await log.reader(partitions.map((one) => ({ ...one, offset: 0 })));
  const left = (): number => ranges.reduce((sum, { end }, n) => sum + end - values[n]!.length, 0);
  while (left() > 0) {
    for (const { partition, records } of await reader.poll({ maxWaitMs: 1000, maxRecords: 1000 }))
      for (const { value } of records) values[partition]!.push(Buffer.from(value!).toString());
  }
  await reader.close();
  return values;
}

const segmentWrites = (calls: readonly string[]): string[] =>
  calls.filter((call) => call.startsWith('write ') && !call.startsWith('write journal'));
const nextTurn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

async function reopened(log: EmbeddedLog, memory: SimulatedDisk): Promise<string[][]> {
  await log.close();
  const next = await openLog({}, memory);
  const values = await valuesIn(next.log);
  await next.log.close();
  return values;
}

describe('a commit whose batches are written in turn', () => {
  test('is being written when its last batches are encoded', async () => {
    const { disk, log, producer, memory } = await openLog();
    await producer.send([entry(0, 'a'), entry(1, 'b')]);
    let seen: string[] = [];
    const last = {
      ...record(''),
      get value() {
        seen = segmentWrites(disk.calls);
        return 'd';
      },
    };
    disk.take();
    expect(await producer.send([entry(0, 'c'), entry(1, last)])).toEqual([1, 1]);
    expect(seen).toHaveLength(1);
    expect(segmentWrites(disk.take())).toHaveLength(2);
    expect(await reopened(log, memory)).toEqual([['a', 'c'], ['b', 'd'], []]);
  });

  test('stands with others that share its write, each after the one before', async () => {
    const { log, producer, memory } = await openLog();
    const sent = [
      producer.send([entry(0, 'a'), entry(1, 'b'), entry(0, 'c'), entry(2)]),
      producer.send([entry(1, 'd')]),
      producer.send([entry(1, 'e'), entry(0, 'f', 'g')]),
    ];
    expect(await Promise.all(sent)).toEqual([[0, 0, 1, 0], [1], [2, 2]]);
    expect(await reopened(log, memory)).toEqual([['a', 'c', 'f', 'g'], ['b', 'd', 'e'], []]);
  });

  test('says at its turn that it is too large, and leaves nothing', async () => {
    const { log, producer, memory } = await openLog({ maxTransactionBytes: 1000 });
    const large = producer.send([entry(0, 'a'), entry(1, 'x'.repeat(500)), entry(2, 'x'.repeat(400))]);
    const larger = producer.send([entry(0, 'x'.repeat(2000)), entry(1, 'a')]);
    const next = producer.send([entry(0, 'b'), entry(1, 'c')]);
    for (const refused of await Promise.allSettled([large, larger]))
      expect(refused).toMatchObject({ status: 'rejected', reason: { code: 'LOG_TOO_LARGE' } });
    expect(await next).toEqual([0, 0]);
    expect(await reopened(log, memory)).toEqual([['b'], ['c'], []]);
  });
});

describe('a commit that is refused when some of it is being written', () => {
  const bad = record('bad', Number.NaN);

  test('names its record and leaves nothing to those before and after it', async () => {
    const { log, producer, memory } = await openLog();
    const sent = await Promise.allSettled([
      producer.send([entry(0, 'a'), entry(1, 'b')]),
      producer.send([entry(0, 'never', 'never'), entry(1, 'never', bad)]),
      producer.send([entry(0, 'c'), entry(1, 'd'), entry(2, 'e')]),
      producer.send([entry(2, 'f')]),
    ]);
    expect(sent.map((one) => (one.status === 'fulfilled' ? one.value : one.reason))).toMatchObject([
      [0, 0],
      { code: 'LOG_INVALID_RECORD', rejected: { entry: 1, index: 1 } },
      [1, 1, 0],
      [1],
    ]);
    expect(await valuesIn(log)).toEqual([
      ['a', 'c'],
      ['b', 'd'],
      ['e', 'f'],
    ]);
    expect(await reopened(log, memory)).toEqual([
      ['a', 'c'],
      ['b', 'd'],
      ['e', 'f'],
    ]);
  });

  test('is waited for before anything else is written there, and cut off', async () => {
    const { disk, log, producer, memory } = await openLog();
    await producer.send([entry(0, 'a'), entry(1, 'b')]);
    const [segment] = segmentWrites(disk.take());
    const release = disk.hold(segment!);
    const refused = producer.send([entry(0, 'never'), entry(1, bad)]);
    await expect(refused).rejects.toThrow(/whole milliseconds/u);
    const next = producer.send([entry(0, 'c'), entry(1, 'd')]);
    await nextTurn();
    await nextTurn();
    expect(segmentWrites(disk.calls)).toEqual([segment]);
    release();
    disk.intercept = () => {};
    expect(await next).toEqual([1, 1]);
    const calls = disk.take();
    const cut = segment!.replace('write', 'truncate');
    expect(calls.filter((call) => call === segment || call === cut)).toEqual([segment, cut, segment]);
    expect(await reopened(log, memory)).toEqual([['a', 'c'], ['b', 'd'], []]);
  });

  test.each(['first', 'second'])(
    'for its %s segment, by the disk, gives way to the next one',
    async (which) => {
      const { disk, log, producer, memory } = await openLog();
      await producer.send([entry(0, 'a'), entry(1, 'b')]);
      const [first, second] = segmentWrites(disk.take());
      disk.fail(which === 'first' ? first! : second!, 'ENOSPC');
      const failed = producer.send([entry(0, 'never'), entry(1, 'never')]);
      await expect(failed).rejects.toThrow(/nothing of this commit was kept/u);
      disk.intercept = () => {};
      expect(await producer.send([entry(0, 'c'), entry(1, 'd')])).toEqual([1, 1]);
      expect(await reopened(log, memory)).toEqual([['a', 'c'], ['b', 'd'], []]);
    },
  );

  test('changes nothing of what the others write, however they come', async () => {
    const value = fc.oneof({ weight: 6, arbitrary: fc.stringMatching(/^[a-z]{0,40}$/u) }, fc.constant(bad));
    const one = fc.array(fc.tuple(fc.nat(2), fc.array(value, { maxLength: 4 })), {
      minLength: 1,
      maxLength: 4,
    });
    await fc.assert(
      fc.asyncProperty(fc.array(fc.tuple(one, fc.boolean()), { maxLength: 12 }), async (commits) => {
        const { log, producer, memory } = await openLog({ segmentBytes: 300 });
        const expected: string[][] = [[], [], []];
        const sent: Promise<unknown>[] = [];
        for (const [entries, waits] of commits) {
          const isRefused = entries.some(([, values]) => values.includes(bad));
          for (const [partition, values] of isRefused ? [] : entries)
            expected[partition]!.push(...(values as string[]));
          const commit = producer.send(entries.map(([partition, values]) => entry(partition, ...values)));
          const outcome = commit.then(
            () => 'committed',
            () => 'refused',
          );
          sent.push(expect(outcome).resolves.toBe(isRefused ? 'refused' : 'committed'));
          if (waits) await outcome;
        }
        await Promise.all(sent);
        expect(await valuesIn(log)).toEqual(expected);
        expect(await reopened(log, memory)).toEqual(expected);
      }),
      { numRuns: 60 },
    );
  });
});
