import { mkdtemp, readdir, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { noHeaders } from '@millrace/log-client';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { OpenFiles } from '../src/storage/segments/open-files.ts';
import { Segment } from '../src/storage/segments/segment.ts';
import { EmbeddedLog } from '../src/index.ts';
import { MemoryFileSystem } from '../src/files/memory-file-system.ts';
import { segmentName } from '../src/format/file-names.ts';
import { batchOf } from './batches.ts';
import { WatchedFileSystem } from './simulation/watched-file-system.ts';

let dir = '';
beforeEach(async () => {
  dir = await mkdtemp(path.join(tmpdir(), 'millrace-space-'));
});
afterEach(() => rm(dir, { recursive: true, force: true }));

async function bytesOnDisk(): Promise<number> {
  const names = (await readdir(dir)).filter((name) => /^journal|\.log$/.test(name));
  const sizes = await Promise.all(names.map(async (name) => (await stat(path.join(dir, name))).size));
  return sizes.reduce((sum, size) => sum + size, 0);
}

const record = (value: string) => ({ key: null, value, timestamp: 0, headers: noHeaders });

async function fill(log: EmbeddedLog, topic: string, megabytes: number): Promise<void> {
  await log.admin.createTopics([{ name: topic, partitions: 1 }]);
  const producer = await log.producer();
  const records = Array.from({ length: 16 }, () => record('x'.repeat(65_000)));
  for (let n = 0; n < megabytes; n++) await producer.send([{ topic, partition: 0, records }]);
}

/** Reads a little, so that the files are open. */
async function readOne(log: EmbeddedLog, topic: string): Promise<void> {
  const reader = await log.reader([{ topic, partition: 0, offset: 0 }]);
  expect(await reader.poll({ maxWaitMs: 100, maxRecords: 1 })).not.toEqual([]);
}

for (const options of [{}, { checkpointBytes: 1 << 20, segmentBytes: 4 << 20 }]) {
  const layout = JSON.stringify(options);

  test(`a deleted topic's space is free within seconds, with nothing more written (${layout})`, async () => {
    const log = await EmbeddedLog.open({ dir, durability: 'os', ...options });
    await fill(log, 'big', 20);
    await fill(log, 'small', 1);
    await readOne(log, 'big');
    await log.admin.deleteTopics(['big']);
    await vi.waitFor(async () => expect(await bytesOnDisk()).toBeLessThan(2 << 20), { timeout: 5000 });
    await readOne(log, 'small');
    await log.close();
  });

  test(`the space of deleted records is free within seconds (${layout})`, async () => {
    const log = await EmbeddedLog.open({ dir, durability: 'os', ...options });
    await fill(log, 'big', 20);
    const [range] = await log.admin.offsets([{ topic: 'big', partition: 0 }]);
    await log.admin.deleteRecords([{ topic: 'big', partition: 0, offset: range!.end }]);
    await vi.waitFor(async () => expect(await bytesOnDisk()).toBeLessThan(1 << 20), { timeout: 5000 });
    expect(await log.admin.offsets([{ topic: 'big', partition: 0 }])).toEqual([
      { start: range!.end, end: range!.end },
    ]);
    await log.close();
  });

  test(`what was deleted right before a stop is free soon after the next start (${layout})`, async () => {
    const log = await EmbeddedLog.open({ dir, durability: 'os', ...options });
    await fill(log, 'big', 20);
    await log.admin.deleteTopics(['big']);
    await log.close();
    const again = await EmbeddedLog.open({ dir });
    await vi.waitFor(async () => expect(await bytesOnDisk()).toBeLessThan(1 << 20), { timeout: 5000 });
    await again.close();
  });
}

test('a reader of a topic that is deleted says so', async () => {
  const log = await EmbeddedLog.open({ dir, durability: 'os' });
  await fill(log, 'big', 1);
  const reader = await log.reader([{ topic: 'big', partition: 0, offset: 0 }]);
  await log.admin.deleteTopics(['big']);
  await log.admin.createTopics([{ name: 'big', partitions: 1 }]);
  await expect(reader.poll({ maxWaitMs: 0, maxRecords: 1 })).rejects.toMatchObject({
    code: 'LOG_UNKNOWN_TOPIC',
    message: expect.stringContaining('"big" was deleted while it was being read'),
  });
  await log.close();
});

test('reading 100,000 small batches leaves an index entry per 64 KiB, not one a batch', async () => {
  const fileSystem = new MemoryFileSystem();
  const id = { topicId: 1, partition: 0, baseOffset: 0, fileId: 1 };
  const batches = Array.from({ length: 100_000 }, (_, offset) => batchOf([record('v')], offset));
  const bytes = Buffer.concat(batches);
  await (await fileSystem.open(segmentName(id), 'create')).write(0, [bytes]);
  const stored = { bytes: bytes.length, maxTimestamp: 0, firstAppend: 0, lastAppend: 0 };
  const segment = new Segment(new OpenFiles(fileSystem), id, stored);
  for (let offset = 0; offset < 100_000; ) {
    const { records, nextOffset } = await segment.reader.read(offset, {
      maxRecords: 1000,
      maxBytes: Infinity,
    });
    expect(records[0]!.offset).toBe(offset);
    offset = nextOffset;
  }
  expect(segment.index.size).toBeGreaterThan(100);
  expect(segment.index.size).toBeLessThanOrEqual(Math.ceil(bytes.length / (64 << 10)));
  for (const offset of [0, 1, 777, 50_000, 99_999]) {
    expect(
      (await segment.reader.read(offset, { maxRecords: 1, maxBytes: Infinity })).records[0]!.offset,
    ).toBe(offset);
  }
});

test('a file is read once, however few records of it are taken at a time, and nothing of it is held then', async () => {
  const disk = new WatchedFileSystem(new MemoryFileSystem());
  const id = { topicId: 1, partition: 0, baseOffset: 0, fileId: 1 };
  for (const [batches, most] of [
    // One chunk is the whole file; several chunks, the first of which is smaller.
    [500, 1],
    [20_000, 4],
  ] as const) {
    const bytes = Buffer.concat(
      Array.from({ length: batches }, (_, offset) => batchOf([record('v')], offset)),
    );
    const files = new OpenFiles(disk);
    await files.write(segmentName(id), 0, [bytes], { again: true });
    disk.take();
    const stored = { bytes: bytes.length, maxTimestamp: 0, firstAppend: 0, lastAppend: 0 };
    const segment = new Segment(files, id, stored);
    for (let offset = 0; offset < batches; offset++) {
      const { records } = await segment.reader.read(offset, { maxRecords: 1, maxBytes: Infinity });
      expect(records[0]?.offset).toBe(offset);
    }
    const reads = disk.take().filter((call) => call === `read ${segmentName(id)}`).length;
    expect([reads, reads <= most, files.chunks.count]).toEqual([reads, true, 0]);
  }
});
