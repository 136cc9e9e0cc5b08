import type { ProducerRecord } from '@millrace/log-client';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { GrowingMemory } from '../../src/batch/batch-memory.ts';
import { batchIsIntact, batchSize, hasWholeBatch } from '../../src/batch/layout.ts';
import { readBatch } from '../../src/batch/read-batch.ts';
import { type BatchesStyle, writeBatches } from '../../src/batch/write-batches.ts';
import { WrittenRecords } from '../../src/batch/written-records.ts';
import { type Compression, compressions, loadCodec } from '../../src/compression/compression.ts';
import { fields, limit, record } from './support.ts';

function styleOf(own: Partial<BatchesStyle> = {}): BatchesStyle {
  return {
    records: 10,
    bytes: 2000,
    fields,
    maxRecordBytes: Number.POSITIVE_INFINITY,
    ...own,
  };
}

type Batch = Parameters<typeof readBatch>[3]['into'];

/** The batches in some bytes, which are whole and intact. */
function batchesIn(bytes: Buffer): Batch[] {
  const batches: Batch[] = [];
  for (let at = 0; at < bytes.length; ) {
    expect(hasWholeBatch(bytes, at)).toBe(true);
    const size = batchSize(bytes, at);
    expect(batchIsIntact(bytes, at, size)).toBe(true);
    const into: Batch = [];
    readBatch(bytes, at, size, { from: 0, into, maxDecompressedBytes: limit });
    batches.push(into);
    at += size;
  }
  return batches;
}

const hex = (bytes: Uint8Array | string | null): string | null =>
  bytes === null ? null : Buffer.from(bytes as string).toString('hex');
const plain = ({ key, value, timestamp, headers }: Omit<ProducerRecord, never>) => ({
  key: hex(key),
  value: hex(value),
  timestamp,
  headers: headers.map((one) => [one.key, hex(one.value)]),
});

const bytes = fc.uint8Array({ maxLength: 300 }).map((array) => Buffer.from(array));
const text = fc.string({ maxLength: 60, unit: 'binary' });
const content = fc.oneof(bytes, text, fc.constant(null));
const records: fc.Arbitrary<ProducerRecord[]> = fc.array(
  fc.record({
    key: content,
    value: content,
    timestamp: fc.oneof(fc.nat(10_000), fc.integer({ min: -5, max: 4_000_000_000_000 })),
    headers: fc.oneof(
      { weight: 3, arbitrary: fc.constant([]) },
      {
        weight: 1,
        arbitrary: fc.array(fc.record({ key: text, value: fc.oneof(bytes, fc.constant(null)) }), {
          maxLength: 3,
        }),
      },
    ),
  }),
  { maxLength: 60 },
);

function listOf(all: readonly ProducerRecord[]): WrittenRecords {
  const list = new WrittenRecords({ records: 10, bytes: 2000 });
  for (const one of all) list.push(one);
  return list;
}

describe('records as batches', () => {
  test('are read as they were, in batches that keep to their limits, from any memory', async () => {
    for (const compression of compressions) await loadCodec(compression);
    fc.assert(
      fc.property(
        records,
        fc.constantFrom<Compression>(...compressions),
        fc.nat(500),
        fc.nat(5000),
        fc.boolean(),
        (all, compression, start, size, isList) => {
          const memory = new GrowingMemory(size);
          const before = memory.reserve(0, start).subarray(0, start).fill(0xcc);
          expect(before.length).toBe(start);
          const style = styleOf({ fields: { ...fields, compression } });
          const source = isList ? listOf(all) : all;
          const { end, largestBytes, refusedAt } = writeBatches(memory, start, source, style);
          expect(refusedAt).toBeUndefined();
          expect(memory.bytes.subarray(0, start).every((byte) => byte === 0xcc)).toBe(true);
          const batches = batchesIn(memory.bytes.subarray(start, end));
          expect(batches.flat().map(plain)).toEqual(all.map(plain));
          for (const batch of batches) expect(batch.length).toBeLessThanOrEqual(10);
          const sizes = all.map((one) => listOf([one]).largestBytes);
          // Its deltas may take some bytes more than those of a record alone.
          expect(largestBytes).toBeGreaterThanOrEqual(Math.max(0, ...sizes));
          expect(largestBytes).toBeLessThanOrEqual(Math.max(0, ...sizes) + 7);
        },
      ),
    );
  });

  test('begin a batch where the one before is full', () => {
    const all = Array.from({ length: 25 }, (_, n) => record({ value: 'x'.repeat(n < 20 ? 1 : 700) }));
    const memory = new GrowingMemory(0);
    const asBytes = all.map((one) => record({ value: Buffer.from(one.value as string) }));
    // A header counts as well.
    const inHeaders = all.map(({ value }) =>
      record({ headers: [{ key: 'h', value: Buffer.from(value as string) }] }),
    );
    for (const some of [all, asBytes, inHeaders]) {
      const { end } = writeBatches(memory, 0, some, styleOf());
      const counts = batchesIn(memory.bytes.subarray(0, end)).map((batch) => batch.length);
      expect(counts).toEqual([10, 10, 2, 2, 1]);
    }
  });

  test('of none take nothing', () => {
    const memory = new GrowingMemory(10);
    for (const none of [[], listOf([])]) {
      const nothing = { end: 7, largestAt: 0, largestBytes: 0, refusedAt: undefined };
      expect(writeBatches(memory, 7, none, styleOf())).toEqual(nothing);
    }
  });
});

describe('a record is refused', () => {
  const write = (all: readonly ProducerRecord[] | WrittenRecords, style: BatchesStyle) =>
    writeBatches(new GrowingMemory(0), 0, all, style);

  test.each([0, 1, 9, 10, 11, 25])('for its timestamp, at place %i', (index) => {
    for (const timestamp of [1.5, Number.NaN, Number.POSITIVE_INFINITY, 2 ** 53]) {
      const all = Array.from({ length: 30 }, (_, n) => record(n < index ? {} : { timestamp }));
      expect(write(all, styleOf({ maxRecordBytes: 100 })).refusedAt).toBe(index);
    }
  });

  test.each([0, 1, 9, 10, 11, 25])('for its size, the first that is too large, at place %i', (index) => {
    const values = Array.from({ length: 30 }, (_, n) => (n < index ? 'x' : 'x'.repeat(100 + n)));
    const bytes = listOf([record({ value: values[index]! })]).largestBytes;
    for (const isText of [true, false]) {
      const all = values.map((value) => record({ value: isText ? value : Buffer.from(value) }));
      const refused = { refusedAt: index, largestAt: index, largestBytes: bytes };
      for (const some of [all, listOf(all)])
        expect(write(some, styleOf({ maxRecordBytes: bytes - 1 }))).toMatchObject(refused);
      const fits = write(all.slice(0, index + 1), styleOf({ maxRecordBytes: bytes }));
      expect(fits).toMatchObject({ largestAt: index, largestBytes: bytes, refusedAt: undefined });
    }
  });
});
