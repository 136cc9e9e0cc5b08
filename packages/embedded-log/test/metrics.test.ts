import { noHeaders } from '@millrace/log-client';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { EmbeddedLog, type EmbeddedLogOptions, logMetricCatalogue } from '../src/index.ts';
import { Random } from './simulation/random.ts';
import { SimulatedDisk } from './simulation/simulated-disk.ts';

afterEach(() => {
  vi.restoreAllMocks();
});

async function openLog(options: Partial<EmbeddedLogOptions> = {}, configs: Record<string, string> = {}) {
  const log = await EmbeddedLog.openOn(new SimulatedDisk(new Random(1)).boot(), {
    housekeepingMs: Number.POSITIVE_INFINITY,
    ...options,
  });
  await log.admin.createTopics([{ name: 't', partitions: 2, configs }]);
  const producer = await log.producer();
  const send = (key: string, value: string, partition = 0): Promise<number[]> =>
    producer.send([{ topic: 't', partition, records: [{ key, value, timestamp: 0, headers: noHeaders }] }]);
  /** A metric's value; of several topics together. */
  const value = (name: string): number =>
    log
      .readMetrics()
      .filter((metric) => metric.name === name)
      .reduce((sum, metric) => sum + metric.value, 0);
  return { log, send, value };
}

describe('metrics of a log', () => {
  test('are all those of its catalogue, described', async () => {
    const { log } = await openLog();
    const named = log.readMetrics().map(({ group, name }) => `${group} ${name}`);
    const known = Object.entries(logMetricCatalogue).flatMap(([group, metrics]) =>
      Object.keys(metrics).map((name) => `${group} ${name}`),
    );
    expect([...new Set(named)].toSorted()).toEqual(known.toSorted());
    for (const { description, kind, unit } of log.readMetrics()) {
      expect([description.length > 0, kind.length > 0, unit.length > 0]).toEqual([true, true, true]);
    }
    await log.close();
  });

  test('count commits, records, bytes and the syncs that commits waited for', async () => {
    const { log, send, value } = await openLog();
    const [commits, syncs] = [value('commit-total'), value('sync-total')];
    // Three in one turn share a sync.
    await Promise.all([send('a', '1'), send('b', '2'), send('c', '3', 1)]);
    await send('d', '4');
    expect(value('commit-total') - commits).toBe(4);
    expect(value('append-records-total')).toBe(4);
    expect(value('sync-total') - syncs).toBe(2);
    expect(value('sync-time-total')).toBeGreaterThan(0);
    const bytes = value('append-bytes-total');
    expect(bytes).toBeGreaterThan(4 * 61);
    expect([value('size-bytes'), value('segment-count')]).toEqual([bytes, 2]);
    expect(value('journal-bytes')).toBeGreaterThan(bytes);
    expect(value('queue-bytes')).toBe(0);
    await log.close();
  });

  test('count no sync where commits do not wait for one, and that of a flush', async () => {
    const { log, send, value } = await openLog({ durability: 'os' });
    await send('a', '1');
    expect(value('sync-total')).toBe(0);
    await log.flush();
    expect(value('sync-total')).toBe(1);
    await log.close();
  });

  test('count checkpoints, and the journal begins again', async () => {
    const { log, send, value } = await openLog({ checkpointBytes: 2000 });
    await send('a', 'x'.repeat(3000));
    await vi.waitFor(() => expect(value('checkpoint-total')).toBe(1));
    expect(value('journal-bytes')).toBeLessThan(2000);
    expect(value('failed-checkpoint-total')).toBe(0);
    await log.close();
  });

  test('count what retention deletes', async () => {
    vi.spyOn(process, 'emitWarning').mockImplementation(() => {});
    let now = 1_000_000;
    const { log, send, value } = await openLog(
      { now: () => now },
      { 'retention.ms': '1000', 'segment.bytes': '14' },
    );
    for (const key of ['a', 'b', 'c']) await send(key, '1');
    const before = value('size-bytes');
    now += 500;
    await send('d', '1', 1);
    await log.clean();
    expect(value('retention-offsets-total')).toBe(0);
    now += 501;
    await log.clean();
    expect(value('retention-offsets-total')).toBe(3);
    expect(value('retention-bytes-total')).toBe(before);
    expect([value('size-bytes') > 0, value('segment-count')]).toEqual([true, 1]);
    await log.clean();
    expect(value('retention-offsets-total')).toBe(3);
    await log.close();
  });

  test('count what compaction does', async () => {
    const log = await EmbeddedLog.inMemory({
      housekeepingMs: Number.POSITIVE_INFINITY,
      // What only the journal has is not compacted.
      checkpointBytes: 500,
    });
    const configs = { 'cleanup.policy': 'compact', 'segment.bytes': '100', 'min.cleanable.dirty.ratio': '0' };
    await log.admin.createTopics([{ name: 't', partitions: 1, configs }]);
    const producer = await log.producer();
    for (let n = 0; n < 20; n++) {
      const record = { key: 'same', value: String(n), timestamp: 0, headers: noHeaders };
      await producer.send([{ topic: 't', partition: 0, records: [record] }]);
    }
    const value = (name: string): number =>
      log.readMetrics().find(({ name: known, group }) => known === name && group === 'log-cleaner-metrics')!
        .value;
    expect(value('pass-total')).toBe(0);
    await vi.waitFor(async () => {
      await log.clean();
      expect(value('pass-total')).toBeGreaterThan(0);
    });
    expect(value('failed-pass-total')).toBe(0);
    expect(value('written-bytes-total')).toBeLessThan(value('read-bytes-total') / 2);
    await log.close();
  });
});
