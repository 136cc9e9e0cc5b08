import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { MessageChannel, Worker } from 'node:worker_threads';
import {
  type Assignor,
  type GroupOptions,
  type LogClient,
  LogError,
  type LogRecord,
  noHeaders,
  type ProducerRecord,
  type RecordBatch,
} from '@millrace/log-client';
import { describe, expect, onTestFinished, test } from 'vitest';
import { EmbeddedLog, ThreadLog, threadLog } from '../src/index.ts';
import type { LogState } from '../src/storage/log-state.ts';
import { OwnerReaders } from '../src/threads/owner-readers.ts';
import { clientBatch } from './client-batches.ts';

interface Ends {
  readonly log: EmbeddedLog;
  /** As another thread has it. */
  readonly thread: ThreadLog;
}

async function withThread(body: (ends: Ends) => Promise<void>, options = {}): Promise<void> {
  const log = await EmbeddedLog.inMemory(options);
  const thread = await threadLog(log.threadPort());
  try {
    await body({ log, thread });
  } finally {
    await thread.close();
    await log.close();
  }
}

function record(value: string, timestamp = 7): ProducerRecord {
  return { key: Buffer.from('k'), value, timestamp, headers: noHeaders };
}

const send = async (log: LogClient, topic: string, values: readonly string[]): Promise<number[]> => {
  const producer = await log.producer();
  return producer.send([{ topic, partition: 0, records: values.map((value) => record(value)) }]);
};

/** What is committed in a topic's one partition, while other transactions may be open. */
async function readAll(log: LogClient, topic: string): Promise<LogRecord[]> {
  const [range] = await log.admin.offsets([{ topic, partition: 0 }]);
  const reader = await log.reader([{ topic, partition: 0, offset: range!.start }]);
  const found: LogRecord[] = [];
  for (let batches: RecordBatch[] = []; ; ) {
    batches = await reader.poll({ maxWaitMs: 0, maxRecords: 10 });
    if (batches.length === 0) break;
    for (const { records } of batches) found.push(...records);
  }
  await reader.close();
  return found;
}

const valuesOf = async (log: LogClient, topic: string): Promise<string[]> =>
  (await readAll(log, topic)).map(({ value }) => Buffer.from(value!).toString());

const all: Assignor = {
  name: 'all',
  assign: ([first], counts) => {
    const partitions = [...counts].flatMap(([topic, count]) =>
      Array.from({ length: count }, (_, partition) => ({ topic, partition })),
    );
    return new Map([[first!.id, partitions]]);
  },
};
const nothing = async (): Promise<void> => {};

function joining(more: Partial<GroupOptions> = {}): GroupOptions {
  return {
    group: 'g',
    topics: ['t'],
    assignor: all,
    maxPollIntervalMs: 10_000,
    onRevoked: nothing,
    onAssigned: nothing,
    onLost: nothing,
    ...more,
  };
}

describe('what a thread writes', () => {
  test.each(['gzip', 'snappy', 'lz4', 'zstd', 'producer'])(
    'is compressed as its topic says, and read back: %s',
    async (type) => {
      await withThread(async ({ log, thread }) => {
        const configs = { 'compression.type': type };
        await log.admin.createTopics([{ name: 't', partitions: 1, configs }]);
        const values = Array.from({ length: 3000 }, (_, n) => `the same words again ${n}`);
        expect(await send(thread, 't', values)).toEqual([0]);
        expect(await valuesOf(log, 't')).toEqual(values);
        expect(await valuesOf(thread, 't')).toEqual(values);
        const [size] = await log.admin.sizes([{ topic: 't', partition: 0 }]);
        if (type !== 'producer') expect(size).toBeLessThan(values.join('').length / 2);
      });
    },
  );

  test('has the time of the log where its topic says so, and otherwise its own', async () => {
    await withThread(
      async ({ log, thread }) => {
        const configs = { 'message.timestamp.type': 'LogAppendTime' };
        await log.admin.createTopics([
          { name: 'own', partitions: 1 },
          { name: 'log', partitions: 1, configs },
        ]);
        await send(thread, 'own', ['a']);
        await send(thread, 'log', ['a']);
        expect((await readAll(thread, 'own'))[0]!.timestamp).toBe(7);
        expect((await readAll(thread, 'log'))[0]!.timestamp).toBe(4711);
      },
      { now: () => 4711 },
    );
  });

  test('is refused by the record that is too large, or has no time', async () => {
    await withThread(async ({ log, thread }) => {
      const configs = { 'max.message.bytes': '1000' };
      await log.admin.createTopics([{ name: 't', partitions: 1, configs }]);
      const producer = await thread.producer();
      const of = (...records: ProducerRecord[]) => [{ topic: 't', partition: 0, records }];
      const large = producer.send(of(record('a'), record('b'.repeat(2000)), record('c')));
      await expect(large).rejects.toMatchObject({
        code: 'LOG_TOO_LARGE',
        rejected: { entry: 0, index: 1 },
        message: expect.stringContaining("raise the topic's max.message.bytes"),
      });
      const list = thread.recordList();
      for (const one of [record('a'), record('b'.repeat(2000)), record('c')]) list.push(one);
      await expect(producer.send([{ topic: 't', partition: 0, records: list }])).rejects.toMatchObject({
        code: 'LOG_TOO_LARGE',
        rejected: { entry: 0, index: 1 },
      });
      await expect(producer.send(of(record('a'), record('b', 0.5)))).rejects.toMatchObject({
        code: 'LOG_INVALID_RECORD',
        rejected: { entry: 0, index: 1 },
      });
      expect(await valuesOf(log, 't')).toEqual([]);
    });
  });
});

describe('what a thread reads', () => {
  test('leaves out what compaction removed, and gets past it', async () => {
    await withThread(
      async ({ log, thread }) => {
        const configs = { 'cleanup.policy': 'compact', 'min.cleanable.dirty.ratio': '0' };
        await log.admin.createTopics([{ name: 't', partitions: 1, configs }]);
        for (let n = 0; n < 50; n++) await send(log, 't', [`value ${n} ${'x'.repeat(100)}`]);
        await log.clean();
        const kept = await valuesOf(log, 't');
        expect(kept.length).toBeLessThan(40);
        expect(await valuesOf(thread, 't')).toEqual(kept);
      },
      { housekeepingMs: Number.POSITIVE_INFINITY, segmentBytes: 1000, checkpointBytes: 200 },
    );
  });

  test('ends where a transaction of a Kafka client is open, and leaves out one that was aborted', async () => {
    await withThread(async ({ log, thread }) => {
      await log.admin.createTopics([{ name: 't', partitions: 1 }]);
      await send(log, 't', ['before']);
      const { transactions } = log.raw;
      const producer = await transactions.open('tx', 60_000);
      await transactions.begin('tx', producer);
      const batch = clientBatch({
        values: ['of the client'],
        ...producer,
        baseSequence: 0,
        transactional: true,
      });
      await log.raw.append(log.raw.partition('t', 0)!, batch);
      await send(log, 't', ['after']);
      expect(await valuesOf(thread, 't')).toEqual(['before']);
      await transactions.end('tx', producer, 'abort');
      expect(await valuesOf(thread, 't')).toEqual(['before', 'after']);
    });
  });

  test('waits for records, which end the wait, as does the end of the log', async () => {
    const log = await EmbeddedLog.inMemory();
    const thread = await threadLog(log.threadPort());
    await log.admin.createTopics([{ name: 't', partitions: 1 }]);
    const reader = await thread.reader([{ topic: 't', partition: 0, offset: 0 }]);
    expect(reader.lag({ topic: 't', partition: 0 })).toBe(undefined);
    const polled = reader.poll({ maxWaitMs: 60_000, maxRecords: 10 });
    await send(log, 't', ['a']);
    expect((await polled).flatMap(({ records }) => records)).toHaveLength(1);
    expect(reader.lag({ topic: 't', partition: 0 })).toBe(0);
    const last = reader.poll({ maxWaitMs: 60_000, maxRecords: 10 });
    // Expected before it can happen: nobody would have handled it.
    const ended = expect(last).rejects.toMatchObject({ code: 'LOG_CLOSED' });
    await log.close();
    await ended;
    await expect(thread.producer()).rejects.toMatchObject({
      code: 'LOG_CLOSED',
      message: 'The thread that owns the log has closed it',
    });
    expect(() => log.threadPort()).toThrow(LogError);
  });
});

describe('a reader in a thread', () => {
  const place = { topic: 't', partition: 0 };

  test('continues at the offset of a seek, whatever was under way', async () => {
    await withThread(async ({ log, thread }) => {
      await log.admin.createTopics([{ name: 't', partitions: 1 }]);
      await send(
        log,
        't',
        Array.from({ length: 5000 }, (_, n) => `${n} ${'x'.repeat(300)}`),
      );
      const reader = await thread.reader([{ ...place, offset: 0 }]);
      for (const target of [4000, 0, 2500]) {
        await reader.poll({ maxWaitMs: 1000, maxRecords: 10 });
        // The next records are on their way by now.
        reader.seek(place, target);
        const offsets: number[] = [];
        while (offsets.length < 900)
          for (const { records } of await reader.poll({ maxWaitMs: 1000, maxRecords: 100 }))
            offsets.push(...records.map(({ offset }) => offset));
        expect(offsets).toEqual(Array.from(offsets, (_, n) => target + n));
      }
    });
  });

  test('does not wait for what was asked before, where it may not wait or has another partition', async () => {
    await withThread(async ({ log, thread }) => {
      await log.admin.createTopics([{ name: 't', partitions: 2 }]);
      const reader = await thread.reader([0, 1].map((partition) => ({ topic: 't', partition, offset: 0 })));
      reader.pause({ topic: 't', partition: 1 });
      await (await log.producer()).send([{ topic: 't', partition: 1, records: [record('a')] }]);
      const began = performance.now();
      for (let n = 0; n < 10; n++) {
        // This one leaves a request behind that waits for partition 0.
        await reader.poll({ maxWaitMs: 1, maxRecords: 10 });
        expect(await reader.poll({ maxWaitMs: 0, maxRecords: 10 })).toEqual([]);
      }
      await reader.poll({ maxWaitMs: 1, maxRecords: 10 });
      reader.resume({ topic: 't', partition: 1 });
      expect(await reader.poll({ maxWaitMs: 60_000, maxRecords: 10 })).toHaveLength(1);
      // A request waits for half a second.
      expect(performance.now() - began).toBeLessThan(2500);
    });
  });

  test('finds a record that came while other partitions were read', async () => {
    const partition = (readRaw: () => void) => ({
      stableEnd: 0,
      listeners: new Set(),
      knownProducers: undefined,
      readRaw: async () => {
        readRaw();
        return [];
      },
    });
    const first = partition(() => {});
    const logs = [first, partition(() => (first.stableEnd = 1))];
    const state = { partition: (_: string, at: number) => logs[at]! } as unknown as LogState;
    const readers = new OwnerReaders(state, () => false);
    const positions = [0, 1].map((at) => ({ topic: 't', partition: at, offset: 0 }));
    const answer = await readers.fetch({ reader: 1, positions, maxBytes: 1000, waitMs: 600_000 });
    expect(answer.value).toMatchObject({ partitions: [{ nextOffset: 1 }, { nextOffset: 0 }] });
  });

  test('refuses a batch that is damaged', async () => {
    const dir = await mkdtemp(path.join(tmpdir(), 'millrace threads '));
    onTestFinished(() => rm(dir, { recursive: true, force: true }));
    const written = await EmbeddedLog.open({ dir, directBytes: 0 });
    await written.admin.createTopics([{ name: 't', partitions: 1 }]);
    await send(written, 't', ['as it was written']);
    await written.close();
    const segment = path.join(dir, (await readdir(dir)).find((name) => name.endsWith('.log'))!);
    const bytes = await readFile(segment);
    bytes[bytes.indexOf('written')]!++;
    await writeFile(segment, bytes);
    const log = await EmbeddedLog.open({ dir });
    const thread = await threadLog(log.threadPort());
    await expect(valuesOf(thread, 't')).rejects.toMatchObject({
      code: 'LOG_CORRUPT',
      message: expect.stringContaining('t-0 does not match its checksum: `millrace log verify`'),
    });
    await thread.close();
    await log.close();
  });
});

describe('a member in a thread', () => {
  test('rejects with what its assignor has thrown', async () => {
    await withThread(async ({ log, thread }) => {
      await log.admin.createTopics([{ name: 't', partitions: 2 }]);
      const assignor: Assignor = {
        name: 'broken',
        assign: () => {
          throw new LogError('LOG_FENCED', 'no plan');
        },
      };
      const member = await thread.join(joining({ assignor }));
      const polls = async (): Promise<void> => {
        for (let n = 0; n < 100; n++) await member.poll({ maxWaitMs: 50, maxRecords: 1 });
      };
      await expect(polls()).rejects.toThrow('no plan');
      await member.close();
    });
  });

  test("and one of the log's own thread share a group", async () => {
    await withThread(async ({ log, thread }) => {
      await log.admin.createTopics([{ name: 't', partitions: 2 }]);
      const here = await log.join(joining());
      const there = await thread.join(joining());
      const poll = { maxWaitMs: 0, maxRecords: 1 };
      for (;;) {
        await Promise.all([here.poll(poll), there.poll(poll)]);
        if ((await log.admin.describeGroup('g'))?.state === 'stable') break;
      }
      const before = (await log.admin.describeGroup('g'))!.members;
      expect(before.map(({ partitions }) => partitions.length)).toEqual([2, 0]);
      await here.close();
      await expect(
        there.commit([{ topic: 't', partition: 0, offset: 0, metadata: '' }]),
      ).rejects.toMatchObject({
        code: 'LOG_FENCED',
      });
      for (let owned = 0; owned < 2; ) {
        await there.poll(poll);
        owned = (await log.admin.describeGroup('g'))!.members[0]!.partitions.length;
      }
      await there.commit([{ topic: 't', partition: 0, offset: 0, metadata: '' }]);
      await there.close();
      expect((await log.admin.describeGroup('g'))!.state).toBe('empty');
    });
  });

  test('leaves at once when its thread ends', { timeout: 20_000 }, async () => {
    const log = await EmbeddedLog.inMemory();
    await log.admin.createTopics([{ name: 't', partitions: 2 }]);
    const member = await log.join(joining());
    const logPort = log.threadPort();
    // What a worker sends is what its thread sends: a join, by hand.
    const worker = new Worker(
      `const { workerData: { logPort } } = require('node:worker_threads');
       logPort.on('message', () => {});
       logPort.postMessage({ kind: 'call', id: 0, name: 'join', args: { member: 0, group: 'g', topics: ['t'], maxPollIntervalMs: 60000 } });`,
      { eval: true, workerData: { logPort }, transferList: [logPort] },
    );
    const members = async (): Promise<number> => (await log.admin.describeGroup('g'))!.members.length;
    const poll = { maxWaitMs: 20, maxRecords: 1 };
    while ((await members()) < 2) await member.poll(poll);
    await worker.terminate();
    while ((await members()) > 1) await member.poll(poll);
    await member.close();
    await log.close();
  });

  test('is no member of a port that is closed', async () => {
    const { port1, port2 } = new MessageChannel();
    port1.close();
    await expect(threadLog(port2)).rejects.toMatchObject({ code: 'LOG_CLOSED' });
    await expect(threadLog(undefined)).rejects.toMatchObject({
      code: 'LOG_CONFIG',
      message: expect.stringContaining('logPort: () => log.threadPort()'),
    });
  });
});
