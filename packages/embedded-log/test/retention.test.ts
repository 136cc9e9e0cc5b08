import { noHeaders } from '@millrace/log-client';
import { afterEach, beforeEach, describe, expect, type MockInstance, test, vi } from 'vitest';
import { EmbeddedLog, type EmbeddedLogOptions } from '../src/index.ts';
import { Random } from './simulation/random.ts';
import { SimulatedDisk } from './simulation/simulated-disk.ts';

const dayMs = 24 * 60 * 60 * 1000;
let now = 0;
let disk = new SimulatedDisk(new Random(1));
let log: EmbeddedLog;
let warn: MockInstance;

async function open(options: EmbeddedLogOptions = {}): Promise<void> {
  log = await EmbeddedLog.openOn(disk.boot(), {
    segmentBytes: 300,
    housekeepingMs: Number.POSITIVE_INFINITY,
    now: () => now,
    ...options,
  });
}

beforeEach(async () => {
  now = Date.UTC(2026, 0, 1);
  disk = new SimulatedDisk(new Random(1));
  warn = vi.spyOn(process, 'emitWarning').mockImplementation(() => {});
  await open();
});
afterEach(async () => {
  vi.restoreAllMocks();
  await log.close();
});

async function create(configs: Record<string, string>): Promise<void> {
  await log.admin.createTopics([{ name: 't', partitions: 1, configs }]);
}

/** Ten records, which take about a segment. */
async function sendTen(timestamp = now): Promise<void> {
  const producer = await log.producer();
  const records = Array.from({ length: 10 }, () => ({
    key: 'key',
    value: 'a value of some length',
    timestamp,
    headers: noHeaders,
  }));
  await producer.send([{ topic: 't', partition: 0, records }]);
}

async function range(): Promise<{ start: number; end: number }> {
  return (await log.admin.offsets([{ topic: 't', partition: 0 }]))[0]!;
}

describe('retention', () => {
  test('deletes whole segments a week after the last of them was written, and says so once', async () => {
    await create({});
    await sendTen();
    now += dayMs;
    await sendTen();
    now += 6 * dayMs;
    await log.clean();
    expect(await range()).toEqual({ start: 0, end: 20 });
    now += 1;
    await log.clean();
    expect(await range()).toEqual({ start: 10, end: 20 });
    now += 30 * dayMs;
    await log.clean();
    expect(await range()).toEqual({ start: 20, end: 20 });
    await sendTen();
    expect(await range()).toEqual({ start: 20, end: 30 });
    expect(warn.mock.calls).toEqual([
      [
        'Topic "t" deletes its oldest records for the first time since the log was opened, 10 offsets now (retention.ms=604800000, retention.bytes=-1). To keep them for good, set retention.ms to -1',
        'MillraceWarning',
      ],
    ]);
  });

  test('frees the space, also of the segment that was written last', async () => {
    await create({ 'retention.ms': '1000' });
    await sendTen();
    await sendTen();
    now += 1001;
    await log.clean();
    await log.close();
    expect(disk.names().filter((name) => name.endsWith('.log'))).toEqual([]);
    await open();
    expect(await range()).toEqual({ start: 20, end: 20 });
  });

  test('counts from when the log took a record: history is not deleted at once', async () => {
    await create({ 'retention.ms': '1000' });
    await sendTen(0);
    await log.clean();
    expect(await range()).toEqual({ start: 0, end: 10 });
  });

  test('counts from the records by option, as Kafka does', async () => {
    await log.close();
    await open({ retentionTime: 'record' });
    await create({ 'retention.ms': '1000' });
    await sendTen(now - 2000);
    await sendTen();
    await log.clean();
    expect(await range()).toEqual({ start: 10, end: 20 });
  });

  test('by size leaves at least retention.bytes', async () => {
    await create({ 'retention.ms': '-1', 'retention.bytes': '1000' });
    for (let n = 0; n < 10; n++) await sendTen();
    await log.clean();
    const { start, end } = await range();
    expect(end).toBe(100);
    expect(start).toBeGreaterThan(0);
    expect(start).toBeLessThan(90);
  });

  test('leaves topics alone that are compacted, or keep their records for good', async () => {
    for (const [name, configs] of [
      ['compacted', { 'cleanup.policy': 'compact', 'retention.ms': '1000' }],
      ['for-good', { 'retention.ms': '-1' }],
    ] as const) {
      await log.admin.createTopics([{ name, partitions: 1, configs }]);
      const producer = await log.producer();
      const record = { key: 'k', value: 'v', timestamp: now, headers: noHeaders };
      await producer.send([{ topic: name, partition: 0, records: [record] }]);
    }
    now += 1000 * dayMs;
    await log.clean();
    const both = ['compacted', 'for-good'].map((topic) => ({ topic, partition: 0 }));
    expect(await log.admin.offsets(both)).toEqual([
      { start: 0, end: 1 },
      { start: 0, end: 1 },
    ]);
  });

  test('a segment is not continued after segment.ms, so that its records can go', async () => {
    await create({ 'segment.ms': '1000', 'retention.ms': '5000', 'segment.bytes': '1000000' });
    await sendTen();
    now += 1000;
    await sendTen();
    now += 4500;
    await log.clean();
    expect(await range()).toEqual({ start: 10, end: 20 });
  });

  test('a topic whose settings are changed is cleaned by the new ones', async () => {
    await create({ 'retention.ms': '-1' });
    await sendTen();
    now += dayMs;
    await log.admin.alterTopics([{ name: 't', configs: { 'retention.ms': '1000' } }]);
    await log.clean();
    expect(await range()).toEqual({ start: 10, end: 10 });
    await log.close();
    await open();
    expect((await log.admin.topics()).get('t')!.configs).toEqual({ 'retention.ms': '1000' });
  });

  test('a reader that falls behind gets an error: its offset is out of range', async () => {
    await create({ 'retention.ms': '1000' });
    await sendTen();
    const reader = await log.reader([{ topic: 't', partition: 0, offset: 0 }]);
    expect(await reader.poll({ maxWaitMs: 0, maxRecords: 1 })).toHaveLength(1);
    reader.seek({ topic: 't', partition: 0 }, 5);
    await sendTen();
    now += 1001;
    await log.clean();
    await expect(reader.poll({ maxWaitMs: 0, maxRecords: 1 })).rejects.toMatchObject({
      code: 'LOG_OFFSET_OUT_OF_RANGE',
    });
  });

  test('with LogAppendTime records have the time at which the log took them', async () => {
    await create({ 'message.timestamp.type': 'LogAppendTime' });
    await sendTen(5);
    const reader = await log.reader([{ topic: 't', partition: 0, offset: 0 }]);
    const [batch] = await reader.poll({ maxWaitMs: 0, maxRecords: 10 });
    expect(new Set(batch!.records.map(({ timestamp }) => timestamp))).toEqual(new Set([now]));
    const at = { topic: 't', partition: 0 };
    expect(await log.admin.offsetsForTimes([{ ...at, timestamp: now }])).toEqual([
      { offset: 0, timestamp: now },
    ]);
    expect(await log.admin.offsetsForTimes([{ ...at, timestamp: now + 1 }])).toEqual([undefined]);
  });

  test('runs by itself', async () => {
    await log.close();
    await open({ housekeepingMs: 5 });
    await create({ 'retention.ms': '1000' });
    await sendTen();
    now += 1001;
    await vi.waitFor(async () => expect((await range()).start).toBe(10), { timeout: 5000 });
  });
});
