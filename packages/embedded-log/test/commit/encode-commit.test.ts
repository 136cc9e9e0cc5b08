import { batchSize, loadCodec, readBatches } from '@millrace/kafka-protocol';
import { describe, expect, test } from 'vitest';
import { decodeFrame, runHeaderBytes } from '../../src/format/frame.ts';
import { isRun } from '../../src/format/run.ts';
import { MemoryFileSystem } from '../../src/index.ts';
import { type EncodedCommit, encodeCommit, type LogChange } from '../../src/storage/commit/encode-commit.ts';
import type { PartitionLog } from '../../src/storage/partition-log.ts';
import { Tails } from '../../src/storage/commit/tails.ts';
import { clientBatch } from '../client-batches.ts';
import { changeOf, encoded, stateOn } from './parts.ts';

const position = { sequence: 4, previousCrc: 77, journalId: 3, durableUpTo: 2 };
const limits = { segmentBytes: 1 << 30, segmentMs: 1 << 30 };
const newTails = (): Tails => new Tails({ limitsOf: () => limits, now: 60, nextFileId: 10 });

function encode(change: LogChange, { direct = false, tails = newTails() } = {}): EncodedCommit {
  return encodeCommit(change, { tails, position, now: 60, isDirect: direct });
}

/** The offset, value and time of what stands in a run's bytes. */
async function read(bytes: Buffer): Promise<string[]> {
  const { records } = await readBatches(bytes, 0, [], 1 << 20);
  return records.map(({ offset, value, timestamp }) => `${offset} ${String(value)} @${timestamp}`);
}

const decoded = ({ frame }: EncodedCommit) => decodeFrame(frame.bytes, 0, 3)!;

function countOf(bytes: Buffer): number {
  let count = 0;
  for (let at = 0; at < bytes.length; at += batchSize(bytes, at)) count++;
  return count;
}

describe('a small commit', () => {
  test('is one frame with its batches inside, each with its place', async () => {
    const { log, other } = stateOn(new MemoryFileSystem());
    const commit = encode(changeOf([log, ['a', 'b']], [other, ['c']], [log, ['d']]));
    const frame = decoded(commit);
    expect(frame).toMatchObject({ ...position, appendTime: 60, event: {}, crc: commit.frame.crc });
    expect(frame.runs).toEqual(commit.runs);
    expect(commit).toMatchObject({ direct: undefined, baseOffsets: [0, 0, 2], appendTime: 60 });
    const [first, second, third] = frame.runs;
    expect(first).toMatchObject({
      topicId: 1,
      partition: 0,
      baseOffset: 0,
      fileId: 10,
      position: 0,
      firstOffset: 0,
      count: 2,
      maxTimestamp: 101,
      checksum: 0,
    });
    expect(second).toMatchObject({ partition: 1, fileId: 11, position: 0, firstOffset: 0, count: 1 });
    expect(third).toMatchObject({ fileId: 10, position: first!.length, firstOffset: 2, count: 1 });
    expect(await Promise.all(frame.runs.map(({ bytes }) => read(bytes!)))).toEqual([
      ['0 a @100', '1 b @101'],
      ['0 c @100'],
      ['2 d @100'],
    ]);
  });

  test('without records for a partition says where its next one would go, and writes nothing there', () => {
    const { log, other } = stateOn(new MemoryFileSystem());
    const commit = encode(changeOf([log, ['a', 'b']], [log, []], [other, []]));
    expect(commit.baseOffsets).toEqual([0, 2, 0]);
    expect(decoded(commit).runs).toHaveLength(1);
  });

  test('follows those that were prepared before it', () => {
    const { log } = stateOn(new MemoryFileSystem());
    const tails = newTails();
    const [one, two] = ['x', 'y'].map((value) => encode(changeOf([log, [value]]), { tails }));
    expect(two!.baseOffsets).toEqual([1]);
    expect(two!.runs[0]).toMatchObject({ fileId: 10, position: one!.runs[0]!.length, firstOffset: 1 });
  });
});

describe('a large commit', () => {
  test('is a frame without its batches, which come with a checksum', async () => {
    const { log, other } = stateOn(new MemoryFileSystem());
    const commit = encode(changeOf([log, ['a', 'b']], [other, []], [other, ['c']]), { direct: true });
    const frame = decoded(commit);
    expect(commit.frame.bytes.length).toBeLessThan(2 * runHeaderBytes + 100);
    expect(frame.runs.map(({ bytes }) => bytes)).toEqual([undefined, undefined]);
    expect(commit.direct).toHaveLength(2);
    for (const [index, run] of frame.runs.entries()) {
      expect(run.checksum).not.toBe(0);
      expect(isRun(commit.direct![index]!, run)).toBe(true);
    }
    expect(await Promise.all(commit.direct!.map(read))).toEqual([['0 a @100', '1 b @101'], ['0 c @100']]);
  });

  test('has its batches where they were encoded', () => {
    const { log } = stateOn(new MemoryFileSystem());
    const change = changeOf([log, ['a', 'b']]);
    const [bytes] = encode(change, { direct: true }).direct!;
    const { source, from, to } = change.records[0]!;
    expect(bytes).toMatchObject({ buffer: source.buffer, byteOffset: source.byteOffset + from });
    expect(bytes!.length).toBe(to - from);
  });

  test('has batches of at most 1,024 records, and of about 256 KiB', async () => {
    const { log } = stateOn(new MemoryFileSystem());
    const values = (count: number, length: number): string[] =>
      Array.from({ length: count }, (_, n) => String(n).padEnd(length, '.'));
    const many = encode(changeOf([log, values(2500, 1)]), { direct: true });
    expect(countOf(many.direct![0]!)).toBe(3);
    expect(many.runs[0]).toMatchObject({ count: 2500, firstOffset: 0 });
    expect((await read(many.direct![0]!)).at(-1)).toMatch(/^2499 2499 /u);
    const large = encode(changeOf([log, values(100, 10_000)]), { direct: true });
    // 26 records of 10 kB are 256 KiB.
    expect(countOf(large.direct![0]!)).toBe(4);
    const huge = encode(changeOf([log, values(2, 600_000)]), { direct: true });
    expect(countOf(huge.direct![0]!)).toBe(2);
  });

  test.each(['none', 'gzip', 'lz4'] as const)('has room for what does not compress, %s', async (name) => {
    await loadCodec(name);
    const { log, other } = stateOn(
      new MemoryFileSystem(),
      name === 'none' ? {} : { 'compression.type': name },
    );
    // Text without any pattern: a multiplicative generator.
    let seed = 1;
    const noise = (length: number): string =>
      Array.from({ length }, () => {
        seed = (seed * 48_271) % 2_147_483_647;
        return String.fromCharCode(33 + (seed % 90));
      }).join('');
    const values = [noise(200_000), noise(100), noise(90_000)];
    for (const direct of [true, false]) {
      const change = changeOf([log, values], [other, values]);
      const commit = encode(change, { direct });
      const [first, second] = commit.runs.map(({ bytes }, index) => bytes ?? commit.direct![index]!);
      const expected = values.map((value, n) => `${n} ${value} @${100 + n}`);
      // Compared as a whole: a difference in so much text is not worth printing.
      for (const bytes of [first!, second!]) {
        expect((await read(bytes)).join('\n') === expected.join('\n')).toBe(true);
      }
    }
  });
});

describe('batches of a client', () => {
  const two = (): Buffer =>
    Buffer.concat([clientBatch({ values: ['a', 'b'] }), clientBatch({ values: ['c'] })]);
  const change = (log: PartitionLog, batches: Buffer): LogChange => ({
    event: {},
    records: [{ log, source: batches, from: 0, to: batches.length, isShared: true }],
    bytes: batches.length + runHeaderBytes,
  });

  test.each([false, true])(
    'are copied with offsets of their own, straight to the segment: %s',
    async (direct) => {
      const { log } = stateOn(new MemoryFileSystem());
      const tails = newTails();
      encode(changeOf([log, ['native']]), { tails });
      const source = two();
      const commit = encode(change(log, source), { direct, tails });
      const bytes = commit.runs[0]!.bytes ?? commit.direct![0]!;
      expect(commit.runs[0]).toMatchObject({ firstOffset: 1, count: 3, maxTimestamp: 1001 });
      expect(commit.baseOffsets).toEqual([1]);
      expect(await read(bytes)).toEqual(['1 a @1000', '2 b @1001', '3 c @1000']);
      // The client's own bytes are not changed.
      expect(source).toEqual(two());
    },
  );

  test("get the log's time where the topic says so, all of them and nothing after them", async () => {
    const { log, other } = stateOn(new MemoryFileSystem(), { 'message.timestamp.type': 'LogAppendTime' });
    const commit = encode({
      event: {},
      records: [{ log, source: two(), from: 0, to: two().length }, encoded(other, ['n'])],
      bytes: 1000,
    });
    expect(commit.runs.map(({ maxTimestamp }) => maxTimestamp)).toEqual([60, 60]);
    expect(await read(commit.runs[0]!.bytes!)).toEqual(['0 a @60', '1 b @60', '2 c @60']);
    expect(await read(commit.runs[1]!.bytes!)).toEqual(['0 n @60']);
  });
});
