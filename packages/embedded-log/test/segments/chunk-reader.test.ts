import { noHeaders } from '@millrace/log-client';
import { expect, test } from 'vitest';
import { MemoryFileSystem } from '../../src/index.ts';
import { MemoryRuns } from '../../src/storage/segments/memory-runs.ts';
import { ChunkReader } from '../../src/storage/segments/chunk-reader.ts';
import { OpenFiles } from '../../src/storage/segments/open-files.ts';
import { batchOf } from '../batches.ts';
import { WatchedFileSystem } from '../simulation/watched-file-system.ts';

const kibibyte = 1 << 10;

/** A segment of eight batches, each of one record of so many bytes. */
async function segmentOf(bytesOfBatch: number) {
  const disk = new WatchedFileSystem(new MemoryFileSystem());
  const files = new OpenFiles(disk);
  const batches = Array.from({ length: 8 }, (_, offset) => {
    const record = { key: null, value: Buffer.alloc(bytesOfBatch), timestamp: 0, headers: noHeaders };
    return batchOf([record], offset);
  });
  await files.write('s', 0, batches, { again: true });
  disk.take();
  const source = {
    name: 's',
    size: batches.reduce((sum, { length }) => sum + length, 0),
    memory: new MemoryRuns(),
    corrupt: () => {
      throw new Error('corrupt');
    },
  };
  const reads = (): number => disk.take().filter((call) => call === 'read s').length;
  return { files, reads, reader: new ChunkReader(files, source), second: batches[0]!.length };
}

test('a chunk is kept while there is more to read in it or after it', async () => {
  const { files, reads, reader, second } = await segmentOf(kibibyte);
  // Eight batches of a kibibyte are one chunk, which is the whole file: it goes once all of it is read.
  await reader.at(0);
  expect([reads(), files.chunks.count]).toEqual([1, 1]);
  for (let n = 1; n < 8; n++) {
    reader.passed(n * second);
    await reader.at(n * second);
  }
  expect([reads(), files.chunks.count]).toEqual([0, 1]);
  reader.passed(8 * second);
  expect(files.chunks.count).toBe(0);
  const larger = await segmentOf(50 * kibibyte);
  await larger.reader.at(0);
  // Two whole batches in the first chunk, and the next chunk on its way.
  expect([larger.reads(), larger.files.chunks.count]).toEqual([2, 1]);
  await larger.reader.at(larger.second);
  expect(larger.reads()).toBe(0);
  larger.reader.release();
  larger.reader.release();
  expect(larger.files.chunks.count).toBe(0);
  expect(second).toBeGreaterThan(kibibyte);
});

test('among very many segments, a chunk of a single batch is not kept: it has been read whole', async () => {
  const { files, reads, reader, second } = await segmentOf(50 * kibibyte);
  for (let n = 0; n < 1000; n++) files.chunks.hold({ release: () => {} }, 0);
  await reader.at(0);
  expect([reads(), files.chunks.count]).toEqual([1, 1001]);
  await reader.at(0);
  expect(reads()).toBe(1);
  await reader.at(second);
  expect([reads(), files.chunks.count]).toEqual([1, 1001]);
  reader.release();
  expect(files.chunks.count).toBe(1000);
});
