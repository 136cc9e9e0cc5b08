import { noHeaders } from '@millrace/log-client';
import { describe, expect, test } from 'vitest';
import { EmbeddedLog } from '../src/index.ts';
import { decodeIndex, encodeIndex, type IndexEntry } from '../src/format/segment-index.ts';
import { Random } from './simulation/random.ts';
import { SimulatedDisk } from './simulation/simulated-disk.ts';

const count = 4000;

async function logOnDisk(): Promise<SimulatedDisk> {
  const disk = new SimulatedDisk(new Random(1));
  const log = await EmbeddedLog.openOn(disk.boot(), { durability: 'os' });
  await log.admin.createTopics([{ name: 't', partitions: 1 }]);
  const producer = await log.producer();
  for (let n = 0; n < count; n += 40) {
    const records = Array.from({ length: 40 }, (_, index) => {
      return { key: null, value: `${n + index}`.padEnd(300), timestamp: n + index, headers: noHeaders };
    });
    await producer.send([{ topic: 't', partition: 0, records }]);
  }
  await log.close();
  return disk;
}

const wrongs: Record<string, (entry: IndexEntry) => IndexEntry> = {
  'places inside batches': (entry) => ({ ...entry, position: entry.position + 7 }),
  'offsets of other batches': (entry) => ({ ...entry, offset: entry.offset + 40 }),
  'times that are too late': (entry) => ({ ...entry, maxTimestampBefore: entry.maxTimestampBefore + 900 }),
};

/** A log whose index tells wrong things. */
async function logWithIndex(wrong: (entry: IndexEntry) => IndexEntry): Promise<EmbeddedLog> {
  const whole = await logOnDisk();
  const files = whole.contents();
  const [name] = [...files.keys()].filter((one) => one.endsWith('.index'));
  const index = decodeIndex(files.get(name!)!)!;
  expect(index.entries.length).toBeGreaterThan(10);
  const [first, ...rest] = index.entries;
  files.set(name!, encodeIndex({ ...index, entries: [first!, ...rest.map(wrong)] }));
  return EmbeddedLog.openOn(SimulatedDisk.holding(files, new Random(1)).boot());
}

describe.each(Object.entries(wrongs))('an index with %s is not believed', (_, wrong) => {
  test('by readers', async () => {
    const log = await logWithIndex(wrong);
    for (const offset of [0, 39, 1234, 2400, count - 1]) {
      const reader = await log.reader([{ topic: 't', partition: 0, offset }]);
      const [batch] = await reader.poll({ maxWaitMs: 0, maxRecords: 1 });
      expect(batch!.records[0]!.offset).toBe(offset);
      expect(batch!.records[0]!.valueText!()!.trim()).toBe(String(offset));
      await reader.close();
    }
    await log.close();
  });

  test('where batches are read as they are', async () => {
    const log = await logWithIndex(wrong);
    const partition = log.raw.partition('t', 0)!;
    for (const offset of [1234, 39, 2400]) {
      const bytes = Buffer.concat(await partition.readRaw(offset, { end: count, maxBytes: 1 }));
      expect(Number(bytes.readBigInt64BE(0))).toBe(offset - (offset % 40));
    }
    await log.close();
  });
});
