import type { ProducerRecord } from '@millrace/log-client';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { type Compression, compressions, loadCodec } from '../../src/compression/compression.ts';
import { batchRoom, batchSource, WrittenRecords } from '../../src/batch/written-records.ts';
import { batchOf, fields, record } from './support.ts';

const bytes = fc.uint8Array({ maxLength: 300 }).map((array) => Buffer.from(array));
const text = fc.string({ maxLength: 60, unit: 'binary' });
const content = fc.oneof(bytes, text, fc.constant(null));
const records: fc.Arbitrary<ProducerRecord[]> = fc.array(
  fc.record({
    key: content,
    value: content,
    timestamp: fc.oneof(fc.nat(5), fc.integer({ min: -5, max: 4_000_000_000_000 })),
    headers: fc.oneof(
      fc.constant([]),
      fc.array(fc.record({ key: text, value: fc.oneof(bytes, fc.constant(null)) }), { maxLength: 3 }),
    ),
  }),
  { minLength: 1, maxLength: 60 },
);

function listOf(all: readonly ProducerRecord[], limits = { records: 10, bytes: 2000 }): WrittenRecords {
  const list = new WrittenRecords(limits);
  for (const one of all) list.push(one);
  return list;
}

/** All batches of a list, each as it is written. */
function batchesOf(list: WrittenRecords, compression: Compression): Buffer[] {
  return list.batches.map((batch) => {
    const before = 7;
    const target = Buffer.alloc(before + batchRoom(batch, { compression }));
    return target.subarray(before, list.writeBatch(target, before, batch, { ...fields, compression }));
  });
}

const bytesOf = (bytes: Uint8Array | string | null): string | null =>
  bytes === null ? null : Buffer.from(bytes as string).toString('hex');
const plain = ({ key, value, timestamp, headers }: ProducerRecord) => ({
  key: bytesOf(key),
  value: bytesOf(value),
  timestamp,
  headers: headers.map((one) => [one.key, bytesOf(one.value)]),
});

test('records that are written as they are added make the batches that arrays of them make', async () => {
  for (const compression of compressions) await loadCodec(compression);
  fc.assert(
    fc.property(records, fc.constantFrom(...compressions), (all, compression) => {
      const list = listOf(all);
      const expected = list.batches.map(({ from, count }) =>
        batchOf(all.slice(from, from + count), { compression }),
      );
      expect(batchesOf(list, compression)).toEqual(expected);
      // A second try writes the same.
      expect(batchesOf(list, compression)).toEqual(expected);
      expect(list.batches.reduce((sum, { count }) => sum + count, 0)).toBe(all.length);
    }),
  );
});

test('a list gives its records again, texts as bytes', () => {
  fc.assert(
    fc.property(records, (all) => {
      const list = listOf(all);
      expect(list.length).toBe(all.length);
      expect([...list].map(plain)).toEqual(all.map(plain));
    }),
  );
});

test('batches keep to their limits, and what is large has one of its own', () => {
  const all = [10, 10, 10, 300, 10, 3000, 10, 10].map((length) => record({ value: 'x'.repeat(length) }));
  const froms = (limits: { readonly records: number; readonly bytes: number }): number[] =>
    listOf(all, limits).batches.map(({ from }) => from);
  expect(froms({ records: 100, bytes: 1 << 20 })).toEqual([0]);
  expect(froms({ records: 3, bytes: 1 << 20 })).toEqual([0, 3, 6]);
  expect(froms({ records: 100, bytes: 2000 })).toEqual([0, 3, 4, 5, 6]);
  expect(froms({ records: 100, bytes: 40 })).toEqual([0, 1, 2, 3, 4, 5, 6, 7]);
});

test('what a list is expected to take changes nothing of what is in it', () => {
  const all = Array.from({ length: 200 }, (_, n) => record({ value: 'x'.repeat(n) }));
  for (const expectedBytes of [0, 1, 5000, 1e9]) {
    const list = new WrittenRecords({ records: 1000, bytes: 1 << 20 }, expectedBytes);
    for (const one of all) list.push(one);
    expect(batchesOf(list, 'none')).toEqual([batchOf(all)]);
  }
});

test('a list knows its largest record and what its batches take', () => {
  const list = listOf([record({ value: 'a' }), record({ value: 'b'.repeat(500) }), record({ value: 'c' })]);
  expect(list.largestAt).toBe(1);
  expect(list.largestBytes).toBeGreaterThan(500);
  expect(list.bytes).toBe(batchesOf(list, 'none').reduce((sum, { length }) => sum + length, 0));
});

test('what has been added does not change with the bytes that it was made of', () => {
  const value = Buffer.from('before');
  const headers = [{ key: 'h', value: Buffer.from('before') }];
  const list = listOf([record({ value, headers })]);
  value.write('after!');
  headers[0]!.value.write('after!');
  const [found] = list;
  expect(plain(found!)).toEqual(
    plain(record({ value: 'before', headers: [{ key: 'h', value: Buffer.from('before') }] })),
  );
});

test('a time that is no whole number is refused, and the list goes on without it', () => {
  const list = listOf([record({ value: 'a' })]);
  for (const timestamp of [1.5, Number.NaN, 2 ** 53])
    expect(() => list.push(record({ timestamp }))).toThrow(/whole milliseconds/);
  list.push(record({ value: 'b' }));
  expect([...list].map(({ value }) => String(value))).toEqual(['a', 'b']);
});

test('arrays and written lists go to a log as they are, and other lists as arrays', () => {
  const all = [record({ value: 'a' }), record({ value: 'b' })];
  const list = listOf(all);
  expect(batchSource(all)).toBe(all);
  expect(batchSource(list)).toBe(list);
  const other = { length: 2, [Symbol.iterator]: () => all[Symbol.iterator]() };
  expect(batchSource(other)).toEqual(all);
});
