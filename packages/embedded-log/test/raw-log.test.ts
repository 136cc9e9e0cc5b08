import { batchSize, loadCodec, readBatches } from '@millrace/kafka-protocol';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import { EmbeddedLog, MemoryFileSystem } from '../src/index.ts';
import type { PartitionLog } from '../src/raw/index.ts';
import { clientBatch } from './client-batches.ts';
import { Random } from './simulation/random.ts';
import { SimulatedDisk } from './simulation/simulated-disk.ts';

const quiet = { housekeepingMs: Number.POSITIVE_INFINITY } as const;

async function logWithTopic(configs: Record<string, string> = {}, options = {}) {
  const log = await EmbeddedLog.inMemory({ ...quiet, ...options });
  await log.admin.createTopics([{ name: 't', partitions: 2, configs }]);
  return { log, partition: log.raw.partition('t', 0)!, other: log.raw.partition('t', 1)! };
}

/** What native readers of committed records get. */
async function committed(log: EmbeddedLog, partition = 0): Promise<string[]> {
  const reader = await log.reader([{ topic: 't', partition, offset: 0 }]);
  const values: string[] = [];
  for (;;) {
    const batches = await reader.poll({ maxWaitMs: 0, maxRecords: 3 });
    if (batches.length === 0) break;
    for (const { records } of batches) for (const { value } of records) values.push(String(value));
  }
  await reader.close();
  return values;
}

const all = { end: Number.POSITIVE_INFINITY, maxBytes: Number.POSITIVE_INFINITY };

async function nativeSend(log: EmbeddedLog, value: string, partition = 0): Promise<void> {
  const producer = await log.producer();
  await producer.send([
    { topic: 't', partition, records: [{ key: null, value, timestamp: 5, headers: [] }] },
  ]);
}

describe('batches of clients', () => {
  test.each(['none', 'gzip', 'snappy', 'lz4', 'zstd'] as const)(
    'are kept byte for byte but for their place, %s',
    async (compression) => {
      const { log, partition } = await logWithTopic();
      await nativeSend(log, 'native');
      await loadCodec(compression);
      const batch = clientBatch({ values: ['a', 'b'], compression });
      expect(await log.raw.append(partition, batch)).toBe(1);
      const raw = Buffer.concat(await partition.readRaw(1, all));
      expect(raw.subarray(16)).toEqual(batch.subarray(16));
      expect(raw.readBigInt64BE(0)).toBe(1n);
      expect(await committed(log)).toEqual(['native', 'a', 'b']);
      await log.close();
    },
  );

  test('are read from the batch that holds an offset on, up to about a size, one at least', async () => {
    const { log, partition } = await logWithTopic();
    for (const values of [['a', 'b', 'c'], ['d'], ['e', 'f']]) {
      await log.raw.append(partition, clientBatch({ values }));
    }
    const [size] = await partition
      .readRaw(0, all)
      .then((pieces) => pieces.map((piece) => batchSize(piece, 0)));
    const read = async (offset: number, maxBytes: number, end = 99) => {
      const bytes = Buffer.concat(await partition.readRaw(offset, { end, maxBytes }));
      const { records } = await readBatches(bytes, 0, [], 1000);
      return records.map(({ value }) => String(value)).join('');
    };
    expect(await read(1, 1)).toBe('abc');
    expect(await read(0, size! + 10)).toBe('abc');
    expect(await read(1, 10_000)).toBe('abcdef');
    expect(await read(3, 10_000)).toBe('def');
    expect(await read(1, 10_000, 4)).toBe('abcd');
    expect(await read(6, 10_000)).toBe('');
    await expect(read(7, 1)).rejects.toMatchObject({ code: 'LOG_OFFSET_OUT_OF_RANGE' });
    await log.close();
  });

  test("of a topic with the log's own times get them, with a checksum that fits", async () => {
    const { log, partition } = await logWithTopic(
      { 'message.timestamp.type': 'LogAppendTime' },
      { now: () => 77_000 },
    );
    await log.raw.append(partition, clientBatch({ values: ['a'], timestamp: 1 }));
    const bytes = Buffer.concat(await partition.readRaw(0, all));
    const { records } = await readBatches(bytes, 0, [], 1000);
    expect(records.map(({ timestamp }) => timestamp)).toEqual([77_000]);
    await log.close();
  });

  const broken = (change: (batch: Buffer) => Buffer | void): Buffer => {
    const batch = clientBatch({ values: ['a', 'b'] });
    return change(batch) ?? batch;
  };
  test.each([
    ['a flipped bit', broken((batch) => void (batch[70]! ^= 1)), 'CORRUPT_MESSAGE'],
    ['half a batch', broken((batch) => batch.subarray(0, 65)), 'CORRUPT_MESSAGE'],
    ['nothing', Buffer.alloc(0), 'INVALID_RECORD'],
    ['a format of old', broken((batch) => void (batch[16] = 1)), 'UNSUPPORTED_FOR_MESSAGE_FORMAT'],
    [
      'a batch and a half',
      broken((batch) => Buffer.concat([batch, batch.subarray(0, 61)])),
      'CORRUPT_MESSAGE',
    ],
    ['a length below its header', broken((batch) => void batch.writeInt32BE(10, 8)), 'CORRUPT_MESSAGE'],
    ['more than it may', clientBatch({ values: ['x'.repeat(3000)] }), 'MESSAGE_TOO_LARGE'],
    [
      'two batches of an idempotent producer',
      Buffer.concat([
        clientBatch({ values: ['a'], producerId: 1, producerEpoch: 0, baseSequence: 0 }),
        clientBatch({ values: ['b'], producerId: 1, producerEpoch: 0, baseSequence: 1 }),
      ]),
      'INVALID_RECORD',
    ],
  ])('that are %s are refused', async (_, batch, type) => {
    const { log, partition } = await logWithTopic({ 'max.message.bytes': '2000' });
    await expect(log.raw.append(partition, batch)).rejects.toMatchObject({ type });
    expect(partition.end).toBe(0);
    await log.close();
  });
});

describe('idempotent producers', () => {
  const numbered = (baseSequence: number, values: string[], producerEpoch = 0, producerId = 9) =>
    clientBatch({ values, producerId, producerEpoch, baseSequence });

  test('a batch that is sent again is not written again; the last five are known', async () => {
    const { log, partition } = await logWithTopic();
    const offsets: number[] = [];
    for (let n = 0; n < 7; n++) offsets.push(await log.raw.append(partition, numbered(n, [`v${n}`])));
    expect(offsets).toEqual([0, 1, 2, 3, 4, 5, 6]);
    for (let n = 2; n < 7; n++) expect(await log.raw.append(partition, numbered(n, [`v${n}`]))).toBe(n);
    await expect(log.raw.append(partition, numbered(1, ['v1']))).rejects.toMatchObject({
      type: 'OUT_OF_ORDER_SEQUENCE_NUMBER',
    });
    expect(partition.end).toBe(7);
    await log.close();
  });

  test('one that is sent again while it is being written resolves to the same offset', async () => {
    const { log, partition } = await logWithTopic();
    const first = log.raw.append(partition, numbered(0, ['a', 'b']));
    const again = log.raw.append(partition, numbered(0, ['a', 'b']));
    const next = log.raw.append(partition, numbered(2, ['c']));
    expect(await Promise.all([first, again, next])).toEqual([0, 0, 2]);
    await log.close();
  });

  test('a gap, an earlier epoch and a later one that does not start at sequence 0 are refused', async () => {
    const { log, partition } = await logWithTopic();
    await log.raw.append(partition, numbered(0, ['a']));
    await expect(log.raw.append(partition, numbered(2, ['c']))).rejects.toMatchObject({
      type: 'OUT_OF_ORDER_SEQUENCE_NUMBER',
    });
    await expect(log.raw.append(partition, numbered(1, ['b'], 1))).rejects.toMatchObject({
      type: 'OUT_OF_ORDER_SEQUENCE_NUMBER',
    });
    expect(await log.raw.append(partition, numbered(0, ['b'], 1))).toBe(1);
    await expect(log.raw.append(partition, numbered(1, ['x'], 0))).rejects.toMatchObject({
      type: 'INVALID_PRODUCER_EPOCH',
    });
    await log.close();
  });

  test('sequence numbers begin again after 2^31', async () => {
    const { log, partition } = await logWithTopic();
    await log.raw.append(partition, numbered(2 ** 31 - 2, ['a', 'b', 'c']));
    expect(await log.raw.append(partition, numbered(1, ['d']))).toBe(3);
    await log.close();
  });

  test('ids are never given twice, over restarts', async () => {
    const disk = new MemoryFileSystem();
    const seen = new Set<number>();
    for (let round = 0; round < 3; round++) {
      const log = await EmbeddedLog.openOn(disk, quiet);
      for (let n = 0; n < 5; n++) seen.add((await log.raw.transactions.newProducer()).producerId);
      seen.add((await log.raw.transactions.open(`t${round}`, 1000)).producerId);
      await log.close();
    }
    expect(seen.size).toBe(18);
  });
});

describe('transactions of clients', () => {
  interface Writer {
    readonly producer: { producerId: number; producerEpoch: number };
    readonly write: (partition: PartitionLog, values: string[]) => Promise<number>;
  }

  async function writer(log: EmbeddedLog, id: string): Promise<Writer> {
    const producer = await log.raw.transactions.open(id, 1000);
    const sequences = new Map<PartitionLog, number>();
    return {
      producer,
      write: (partition, values) => {
        const baseSequence = sequences.get(partition) ?? 0;
        sequences.set(partition, baseSequence + values.length);
        return log.raw.append(
          partition,
          clientBatch({ values, ...producer, baseSequence, transactional: true }),
        );
      },
    };
  }

  test('are read when they have been committed, in all partitions, with their offsets', async () => {
    const { log, partition, other } = await logWithTopic();
    const { producer, write } = await writer(log, 'a');
    const { transactions } = log.raw;
    await transactions.begin('a', producer);
    await write(partition, ['x']);
    await nativeSend(log, 'native');
    await write(other, ['y']);
    const topicId = partition.topicId;
    transactions.addOffsets('a', producer, { group: 'g', commits: [[topicId, 0, 5, 'm']] });
    expect(await committed(log)).toEqual([]);
    expect(transactions.willCommit('g', topicId, 0)).toBe(true);
    expect(await log.admin.offsets([{ topic: 't', partition: 0 }])).toEqual([{ start: 0, end: 0 }]);
    expect(await log.admin.committed('g', [{ topic: 't', partition: 0 }])).toEqual([undefined]);
    await transactions.end('a', producer, 'commit');
    expect(await committed(log)).toEqual(['x', 'native']);
    expect(await committed(log, 1)).toEqual(['y']);
    expect(await log.admin.committed('g', [{ topic: 't', partition: 0 }])).toEqual([
      { offset: 5, metadata: 'm' },
    ]);
    // Asked again because the answer was lost.
    await transactions.end('a', producer, 'commit');
    await expect(transactions.end('a', producer, 'abort')).rejects.toMatchObject({
      type: 'INVALID_TXN_STATE',
    });
    await log.close();
  });

  test('that are aborted leave nothing to native readers, and a marker to clients', async () => {
    const { log, partition } = await logWithTopic();
    const { producer, write } = await writer(log, 'a');
    const { transactions } = log.raw;
    await nativeSend(log, 'before');
    await transactions.begin('a', producer);
    await write(partition, ['x', 'y']);
    await nativeSend(log, 'between');
    await transactions.end('a', producer, 'abort');
    await nativeSend(log, 'after');
    await transactions.begin('a', producer);
    await write(partition, ['z']);
    await transactions.end('a', producer, 'commit');
    expect(await committed(log)).toEqual(['before', 'between', 'after', 'z']);
    const bytes = Buffer.concat(await partition.readRaw(0, all));
    const aborted = partition.knownProducers!.abortedBetween(0, partition.end);
    const { records } = await readBatches(bytes, 0, aborted, 1000);
    expect(records.map(({ value }) => String(value))).toEqual(['before', 'between', 'after', 'z']);
    await log.close();
  });

  test('a reader that waits is woken when a transaction ends', async () => {
    const { log, partition } = await logWithTopic();
    const { producer, write } = await writer(log, 'a');
    await log.raw.transactions.begin('a', producer);
    await write(partition, ['x']);
    const reader = await log.reader([{ topic: 't', partition: 0, offset: 0 }]);
    const polled = reader.poll({ maxWaitMs: 20_000, maxRecords: 10 });
    const ended = log.admin.offsets([{ topic: 't', partition: 0 }], { awaitTransactions: true });
    await log.raw.transactions.end('a', producer, 'commit');
    expect((await polled)[0]?.records).toHaveLength(1);
    expect(await ended).toEqual([{ start: 0, end: 1 }]);
    await log.close();
  });

  test('who waits for a transaction to end gets LOG_CLOSED when the log is closed', async () => {
    const { log, partition } = await logWithTopic();
    const { producer, write } = await writer(log, 'a');
    await log.raw.transactions.begin('a', producer);
    await write(partition, ['x']);
    const ended = log.admin.offsets([{ topic: 't', partition: 0 }], { awaitTransactions: true });
    const refused = expect(ended).rejects.toMatchObject({ code: 'LOG_CLOSED' });
    await log.close();
    await refused;
  });

  test('a new producer of an id fences the one before, whose transaction is aborted', async () => {
    const { log, partition } = await logWithTopic();
    const { transactions } = log.raw;
    const old = await writer(log, 'a');
    await transactions.begin('a', old.producer);
    await old.write(partition, ['lost']);
    const current = await writer(log, 'a');
    expect(current.producer).toEqual({ ...old.producer, producerEpoch: old.producer.producerEpoch + 1 });
    await expect(old.write(partition, ['more'])).rejects.toMatchObject({ type: 'INVALID_PRODUCER_EPOCH' });
    await expect(transactions.end('a', old.producer, 'commit')).rejects.toMatchObject({
      type: 'PRODUCER_FENCED',
    });
    await expect(transactions.begin('a', old.producer)).rejects.toMatchObject({ type: 'PRODUCER_FENCED' });
    await expect(transactions.open('a', 1000, old.producer)).resolves.toMatchObject({ producerEpoch: 2 });
    await expect(transactions.open('a', 1000, old.producer)).rejects.toMatchObject({
      type: 'PRODUCER_FENCED',
    });
    expect(await committed(log)).toEqual([]);
    await log.close();
  });

  test('nothing is written outside a transaction, nor for an id that nobody opened', async () => {
    const { log, partition } = await logWithTopic();
    const { write } = await writer(log, 'a');
    await expect(write(partition, ['x'])).rejects.toMatchObject({ type: 'INVALID_TXN_STATE' });
    const stranger = clientBatch({
      values: ['x'],
      producerId: 77,
      producerEpoch: 0,
      baseSequence: 0,
      transactional: true,
    });
    await expect(log.raw.append(partition, stranger)).rejects.toMatchObject({
      type: 'INVALID_PRODUCER_ID_MAPPING',
    });
    await log.close();
  });

  test('one that takes too long is aborted, and its producer finds out', async () => {
    let now = 1000;
    const { log, partition } = await logWithTopic({}, { now: () => now });
    const { producer, write } = await writer(log, 'a');
    const { transactions } = log.raw;
    await transactions.begin('a', producer);
    await write(partition, ['x']);
    now += 900;
    await transactions.expire();
    expect(partition.stableEnd).toBe(0);
    now += 200;
    await transactions.expire();
    expect(partition.stableEnd).toBe(partition.end);
    expect(await committed(log)).toEqual([]);
    await expect(transactions.end('a', producer, 'commit')).rejects.toMatchObject({
      type: 'PRODUCER_FENCED',
    });
    await log.close();
  });

  test.each(['closed', 'killed'])(
    'what is open when the log is %s is aborted when it is opened again',
    async (how) => {
      const disk = new SimulatedDisk(new Random(1));
      const first = await EmbeddedLog.openOn(disk.boot(), quiet);
      await first.admin.createTopics([{ name: 't', partitions: 1 }]);
      const { producer, write } = await writer(first, 'a');
      const { transactions } = first.raw;
      await transactions.begin('a', producer);
      await write(first.raw.partition('t', 0)!, ['kept']);
      await transactions.end('a', producer, 'commit');
      await transactions.begin('a', producer);
      await write(first.raw.partition('t', 0)!, ['lost']);
      transactions.addOffsets('a', producer, { group: 'g', commits: [[1, 0, 5, 'm']] });
      if (how === 'closed') await first.close();
      const second = await EmbeddedLog.openOn(disk.boot(), quiet);
      expect(await committed(second)).toEqual(['kept']);
      const again = second.raw.transactions;
      await expect(again.end('a', producer, 'commit')).rejects.toMatchObject({ type: 'PRODUCER_FENCED' });
      expect(await second.admin.committed('g', [{ topic: 't', partition: 0 }])).toEqual([undefined]);
      await nativeSend(second, 'after');
      expect(await committed(second)).toEqual(['kept', 'after']);
      await second.close();
    },
  );

  test('are compacted like other records: what was aborted is gone, what was committed counts', async () => {
    let now = 1_000_000;
    const configs = { 'cleanup.policy': 'compact', 'min.cleanable.dirty.ratio': '0', 'segment.bytes': '400' };
    const { log, partition } = await logWithTopic(configs, { now: () => now, checkpointBytes: 300 });
    const { producer } = await writer(log, 'a');
    const { transactions } = log.raw;
    let sequence = 0;
    const write = async (key: string, value: string): Promise<void> => {
      const batch = {
        values: [value],
        keys: [key],
        ...producer,
        baseSequence: sequence++,
        transactional: true,
      };
      await log.raw.append(partition, clientBatch(batch));
    };
    for (let round = 0; round < 12; round++) {
      await transactions.begin('a', producer);
      for (const key of ['k1', 'k2']) await write(key, `${key} of ${round} ${'x'.repeat(80)}`);
      await transactions.end('a', producer, round % 3 === 2 ? 'abort' : 'commit');
      now += 10;
    }
    for (let n = 0; n < 6; n++) await nativeSend(log, `filler ${n}`);
    for (let pass = 0; pass < 3; pass++) {
      await log.clean();
      await sleep(0);
    }
    expect(log.compactionStats.passes).toBeGreaterThan(0);
    const values = (await committed(log)).map((value) => value.slice(0, 9).trim());
    expect(values.filter((value) => value.startsWith('k'))).toEqual(['k1 of 10', 'k2 of 10']);
    // Clients see the same, by the list of aborted transactions that comes with a fetch.
    const bytes = Buffer.concat(await readWhole(partition));
    const aborted = partition.knownProducers!.abortedBetween(0, partition.end);
    const { records } = await readBatches(bytes, 0, aborted, 10_000);
    expect(records.map(({ value }) => String(value).slice(0, 9).trim())).toEqual(values);
    await log.close();
  });

  async function readWhole(partition: PartitionLog): Promise<Buffer[]> {
    const pieces: Buffer[] = [];
    for (let offset = partition.start; offset < partition.end; ) {
      const read = await partition.readRaw(offset, all);
      if (read.length === 0) break;
      pieces.push(...read);
      const { nextOffset } = await readBatches(Buffer.concat(read), offset, [], 10_000);
      offset = nextOffset;
    }
    return pieces;
  }
});
