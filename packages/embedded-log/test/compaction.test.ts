import { randomBytes } from 'node:crypto';
import { noHeaders, type ProducerRecord } from '@millrace/log-client';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { OffsetMap } from '../src/compaction/offset-map.ts';
import { EmbeddedLog, type EmbeddedLogOptions } from '../src/index.ts';
import { Random } from './simulation/random.ts';
import { SimulatedDisk } from './simulation/simulated-disk.ts';

const dayMs = 24 * 60 * 60 * 1000;
let now = 0;
let disk = new SimulatedDisk(new Random(1));
let log: EmbeddedLog;

async function open(options: EmbeddedLogOptions = {}): Promise<void> {
  log = await EmbeddedLog.openOn(disk.boot(), {
    segmentBytes: 400,
    checkpointBytes: 200,
    directBytes: 300,
    housekeepingMs: Number.POSITIVE_INFINITY,
    now: () => now,
    ...options,
  });
}

beforeEach(async () => {
  now = Date.UTC(2026, 0, 1);
  disk = new SimulatedDisk(new Random(1));
  await open();
});
afterEach(() => log.close());

const always = { 'cleanup.policy': 'compact', 'min.cleanable.dirty.ratio': '0', 'retention.ms': '-1' };

async function create(configs: Record<string, string> = always): Promise<void> {
  await log.admin.createTopics([{ name: 't', partitions: 1, configs }]);
}

function row(key: string | null, value: string | null): ProducerRecord {
  return { key, value, timestamp: now, headers: noHeaders };
}

async function send(...records: readonly ProducerRecord[]): Promise<void> {
  const producer = await log.producer();
  await producer.send([{ topic: 't', partition: 0, records }]);
}

type Row = readonly [offset: number, key: string | null, value: string | null];

async function content(from?: number): Promise<Row[]> {
  const [range] = await log.admin.offsets([{ topic: 't', partition: 0 }]);
  const reader = await log.reader([{ topic: 't', partition: 0, offset: from ?? range!.start }]);
  const found: Row[] = [];
  for (let at = from ?? range!.start; at < range!.end; ) {
    const batches = await reader.poll({ maxWaitMs: 0, maxRecords: 3 });
    expect(batches.length).toBeGreaterThan(0);
    for (const { records, nextOffset } of batches) {
      at = nextOffset;
      for (const one of records) found.push([one.offset, one.keyText!(), one.valueText!()]);
    }
  }
  await reader.close();
  return found;
}

/** Closes what is written so far off, so that it can be compacted. */
async function seal(): Promise<void> {
  // Which no codec packs.
  const noise = randomBytes(400).toString('base64');
  await send(row('filler', noise), row('filler', noise));
  await send(row('filler', 'y'));
  await log.close();
  await open();
}

const withoutFiller = (rows: readonly Row[]): Row[] => rows.filter(([, key]) => key !== 'filler');

describe('compaction', () => {
  test('leaves the last record of each key, at its offset', async () => {
    await create();
    await send(row('a', '1'), row('b', '1'), row('a', '2'));
    await send(row('c', '1'), row('b', '2'));
    await seal();
    await log.clean();
    expect(withoutFiller(await content())).toEqual([
      [2, 'a', '2'],
      [3, 'c', '1'],
      [4, 'b', '2'],
    ]);
    await log.close();
    await open();
    expect(withoutFiller(await content())).toHaveLength(3);
    expect(withoutFiller(await content(3))).toEqual([
      [3, 'c', '1'],
      [4, 'b', '2'],
    ]);
  });

  test('keeps tombstones for delete.retention.ms after the pass that first kept them, and no longer', async () => {
    await create({ ...always, 'delete.retention.ms': String(dayMs) });
    await send(row('a', '1'), row('b', '1'));
    await send(row('a', null));
    await seal();
    now += 10 * dayMs;
    await log.clean();
    expect(withoutFiller(await content())).toEqual([
      [1, 'b', '1'],
      [2, 'a', null],
    ]);
    now += dayMs - 1;
    await send(row('d', '1'));
    await seal();
    await log.clean();
    expect(withoutFiller(await content()).map(([, key]) => key)).toContain('a');
    now += 2;
    await send(row('e', '1'));
    await seal();
    await log.clean();
    expect(withoutFiller(await content()).map(([, key]) => key)).toEqual(['b', 'd', 'e']);
  });

  test('leaves records without a key, and other topics, as they are', async () => {
    await create();
    await log.admin.createTopics([{ name: 'u', partitions: 1, configs: { 'retention.ms': '-1' } }]);
    await send(row(null, '1'), row('a', '1'), row(null, '2'), row('a', '2'));
    const producer = await log.producer();
    for (let n = 0; n < 20; n++) {
      const records = [row('a', 'v'.repeat(100))];
      await producer.send([{ topic: 'u', partition: 0, records }]);
    }
    await seal();
    await log.clean();
    expect(withoutFiller(await content()).map(([offset]) => offset)).toEqual([0, 2, 3]);
    const reader = await log.reader([{ topic: 'u', partition: 0, offset: 0 }]);
    const [batch] = await reader.poll({ maxWaitMs: 0, maxRecords: 1 });
    expect(batch!.records[0]!.offset).toBe(0);
  });

  test('waits for the share of new bytes, or for max.compaction.lag.ms', async () => {
    const configs = { ...always, 'min.cleanable.dirty.ratio': '0.9', 'max.compaction.lag.ms': String(dayMs) };
    await create(configs);
    await send(...Array.from({ length: 40 }, (_, n) => row(`key-${n}`, 'value')));
    await seal();
    await log.clean();
    await send(row('key-1', 'new'));
    await seal();
    await log.clean();
    expect((await content()).filter(([, key]) => key === 'key-1')).toHaveLength(2);
    now += dayMs;
    await log.clean();
    expect((await content()).filter(([, key]) => key === 'key-1')).toHaveLength(1);
  });

  test('goes on where memory ended, pass after pass', async () => {
    await log.close();
    await open({ compactionMemoryBytes: 60_000 });
    await create();
    const keys = 3000;
    for (let round = 0; round < 2; round++) {
      for (let n = 0; n < keys; n += 100) {
        await send(...Array.from({ length: 100 }, (_, index) => row(`key-${n + index}`, `${round}`)));
      }
    }
    await log.close();
    await open({ compactionMemoryBytes: 60_000 });
    await seal();
    await log.close();
    await open({ compactionMemoryBytes: 60_000 });
    // A thousand keys fit, so that six thousand records take six passes or more.
    const lengths: number[] = [];
    for (let pass = 0; pass < 12; pass++) {
      await log.clean();
      lengths.push(withoutFiller(await content()).length);
    }
    expect(lengths[0]).toBeGreaterThan(keys);
    expect(lengths.at(-1)).toBe(keys);
    expect(new Set(withoutFiller(await content()).map(([, , value]) => value))).toEqual(new Set(['1']));
  });

  test.each(['gzip', 'snappy', 'lz4', 'zstd'])(
    'packs batches again that were packed with %s',
    async (type) => {
      await create({ ...always, 'compression.type': type });
      await send(...Array.from({ length: 50 }, (_, n) => row(`key-${n % 5}`, `value ${n}`)));
      await seal();
      await log.clean();
      expect(withoutFiller(await content()).map(([offset]) => offset)).toEqual([45, 46, 47, 48, 49]);
    },
  );

  test('of a damaged segment is put off, said, and loses nothing', async () => {
    const warn = vi.spyOn(process, 'emitWarning').mockImplementation(() => {});
    await create();
    await send(row('a', '1'), row('a', '2'));
    await seal();
    const [name] = disk
      .names()
      .filter((one) => /^1-0-.*\.log$/.test(one))
      .toSorted();
    disk.damage(name!, 70);
    await log.clean();
    expect(warn.mock.calls[0]![0]).toMatch(
      /^t-0 was not compacted: Segment .* is damaged at byte 0: it is not/,
    );
    warn.mockRestore();
    disk.damage(name!, 70);
    await log.clean();
    expect(withoutFiller(await content())).toHaveLength(2);
    now += 1000;
    await log.clean();
    expect(withoutFiller(await content())).toEqual([[1, 'a', '2']]);
  });

  test('with less memory than keys never brings a deleted row back', async () => {
    const options = { compactionMemoryBytes: 60_000 };
    await log.close();
    await open(options);
    await create({ ...always, 'delete.retention.ms': '0' });
    for (const value of ['1', null]) {
      for (let n = 0; n < 3000; n += 100) {
        await send(...Array.from({ length: 100 }, (_, index) => row(`key-${n + index}`, value)));
      }
    }
    await log.close();
    await open(options);
    await seal();
    await log.close();
    await open(options);
    for (let pass = 0; pass < 14; pass++) {
      await log.clean();
      now++;
      const found = new Map((await content()).map(([, key, value]) => [key, value]));
      found.delete('filler');
      expect([...found.values()].filter((value) => value !== null)).toEqual([]);
    }
    expect(withoutFiller(await content()).length).toBeLessThan(3000);
  });

  test('of any history of writes, deletes and passes leaves what a map would hold', async () => {
    const action = fc.oneof(
      { weight: 6, arbitrary: fc.record({ key: fc.integer({ min: 0, max: 6 }), gone: fc.boolean() }) },
      { weight: 2, arbitrary: fc.constant('clean' as const) },
      { weight: 1, arbitrary: fc.constant('wait' as const) },
      { weight: 1, arbitrary: fc.constant('reopen' as const) },
    );
    let passes = 0;
    await fc.assert(
      fc.asyncProperty(fc.array(action, { minLength: 10, maxLength: 80, size: 'max' }), async (actions) => {
        await log.close();
        disk = new SimulatedDisk(new Random(1));
        await open();
        await create({ ...always, 'delete.retention.ms': '1000', 'segment.bytes': '200' });
        const model = new Map<string, string | null>();
        let n = 0;
        for (const one of actions) {
          if (one === 'wait') now += 600;
          else if (one === 'clean') await log.clean();
          else if (one === 'reopen') {
            passes += log.compactionStats.passes;
            await log.close();
            await open();
          } else {
            const value = one.gone ? null : `value ${n++}`;
            model.set(String(one.key), value);
            await send(row(String(one.key), value));
          }
        }
        passes += log.compactionStats.passes;
        const found = new Map<string, string | null>();
        let last = -1;
        for (const [offset, key, value] of await content()) {
          expect(offset).toBeGreaterThan(last);
          last = offset;
          found.set(key!, value);
        }
        for (const [key, value] of model) expect(found.get(key) ?? null).toBe(value);
        for (const key of found.keys()) expect(model.has(key)).toBe(true);
      }),
      { numRuns: 150 },
    );
    expect(passes).toBeGreaterThan(50);
  });
});

test('compaction and a crash at any call: each key has its last acknowledged value', {
  timeout: 1_200_000,
}, async () => {
  const options = {
    segmentBytes: 150,
    checkpointBytes: 150,
    directBytes: 200,
    housekeepingMs: Number.POSITIVE_INFINITY,
  };
  const warn = vi.spyOn(process, 'emitWarning').mockImplementation(() => {});
  /** Runs a history; `acked` gets each key's last acknowledged value, `tried` all that may be there. */
  const run = async (seed: number, one: SimulatedDisk, stopAt: number | undefined) => {
    const random = new Random(seed);
    const acked = new Map<string, number>();
    let tried = 0;
    const started = await EmbeddedLog.openOn(one.boot(stopAt === undefined ? {} : { stopAt }), options);
    try {
      await started.admin.createTopics([{ name: 't', partitions: 1, configs: always }]);
      const producer = await started.producer();
      for (let n = 1; n <= 14; n++) {
        const key = `k${random.below(3)}`;
        tried = n;
        await producer.send([
          { topic: 't', partition: 0, records: [row(key, `${n} ${'x'.repeat(random.below(150))}`)] },
        ]);
        acked.set(key, n);
        if (random.chance(0.3)) await started.clean();
      }
      await started.close();
    } catch {
      // The machine stopped, or the log said why it could not go on.
    }
    return { acked, tried };
  };
  let crashes = 0;
  for (let seed = 1; seed <= Number(process.env['MILLRACE_COMPACTIONS'] ?? 4); seed++) {
    const counting = new SimulatedDisk(new Random(seed));
    await run(seed, counting, undefined);
    const { calls } = counting;
    for (let stopAt = 12; stopAt <= calls; stopAt++) {
      const one = new SimulatedDisk(new Random(seed * 1000 + stopAt));
      const { acked, tried } = await run(seed, one, stopAt).catch(() => ({ acked: new Map(), tried: 0 }));
      if (stopAt % 3 > 0) one.losePower();
      const again = await EmbeddedLog.openOn(one.boot(), options);
      const where = `seed ${seed}, stopped at call ${stopAt}`;
      if ((await again.admin.topics(['t'])).size === 0) {
        expect([where, acked.size]).toEqual([where, 0]);
        continue;
      }
      await again.clean();
      log = again;
      const found = new Map((await content()).map(([, key, value]) => [key!, Number.parseInt(value!, 10)]));
      for (const [key, n] of acked) {
        const value = found.get(key);
        expect([where, key, value !== undefined && value >= n && value <= tried]).toEqual([where, key, true]);
      }
      crashes++;
    }
  }
  warn.mockRestore();
  console.log(`${crashes} crashes of logs that compact`);
  expect(crashes).toBeGreaterThan(500);
});

test('a key map holds what a map holds, until its memory is full', () => {
  fc.assert(
    fc.property(
      fc.array(fc.tuple(fc.string({ maxLength: 100, unit: 'binary' }), fc.nat()), { maxLength: 3000 }),
      (entries) => {
        const map = new OffsetMap(1 << 22);
        const model = new Map<string, number>();
        for (const [key, offset] of entries) {
          const bytes = Buffer.from(`..${key}..`);
          expect(map.put(bytes, 2, bytes.length - 2, offset)).toBe(true);
          model.set(key, offset);
        }
        expect(map.size).toBe(model.size);
        for (const [key, offset] of model) {
          const bytes = Buffer.from(key);
          expect(map.get(bytes, 0, bytes.length)).toBe(offset);
        }
        expect(map.get(Buffer.from('not there, and longer than any'), 0, 30)).toBe(-1);
      },
    ),
    { numRuns: 50 },
  );
  const small = new OffsetMap(100_000);
  let held = 0;
  for (; held < 100_000; held++) {
    const key = Buffer.from(`key-${held}`);
    if (!small.put(key, 0, key.length, held)) break;
  }
  expect(held).toBeGreaterThan(1000);
  expect(held).toBeLessThan(10_000);
  expect(small.bytes).toBeLessThanOrEqual(100_000);
  const known = Buffer.from('key-0');
  expect(small.put(known, 0, known.length, 7)).toBe(true);
});
