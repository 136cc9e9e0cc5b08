import type { Headers } from '@millrace/log-client';
import { describe, expect, test } from 'vitest';
import { batchSize, writeBatchChecksum } from '../../src/batch/layout.ts';
import { readBatch } from '../../src/batch/read-batch.ts';
import {
  type BatchFields,
  compressedBound,
  writeBatch,
  finishBatch,
  writeRecords,
} from '../../src/batch/write-batch.ts';
import { recordBytes } from '../../src/batch/write-record.ts';
import { compressions, loadCodec } from '../../src/compression/compression.ts';
import { batchOf, behind, fields, fixed, limit, record, unlimited } from './support.ts';

type Records = Parameters<typeof readBatch>[3]['into'];

function read(batch: Buffer, from = 0): Records {
  const { source, at } = behind(batch);
  const into: Records = [];
  readBatch(source, at, batchSize(source, at), { from, into, maxDecompressedBytes: limit });
  return into;
}

describe('a record that was read', () => {
  test('gives null, nothing and bytes apart, as bytes and as text', () => {
    const contents = [null, '', 'x', 'Grüße'];
    const found = read(batchOf(contents.flatMap((key) => contents.map((value) => record({ key, value })))));
    const text = (bytes: Uint8Array | null): string | null =>
      bytes === null ? null : Buffer.from(bytes).toString();
    expect(found.map((one) => [text(one.key), text(one.value)])).toEqual(
      contents.flatMap((key) => contents.map((value) => [key, value])),
    );
    expect(found.map((one) => [one.keyText!(), one.valueText!()])).toEqual(
      contents.flatMap((key) => contents.map((value) => [key, value])),
    );
  });

  test('has the offset and the time that it was written with', () => {
    const times = [70, 3, 9_000_000_000_000, 70, 0];
    const found = read(
      batchOf(
        times.map((timestamp) => record({ timestamp })),
        { baseOffset: 100 },
      ),
    );
    expect(found.map(({ timestamp }) => timestamp)).toEqual(times);
    expect(found.map(({ offset }) => offset)).toEqual([100, 101, 102, 103, 104]);
  });

  test('comes from the offset that was asked for', () => {
    const batch = batchOf([record({ value: 'a' }), record({ value: 'b' })], { baseOffset: 5 });
    expect(read(batch, 6).map((one) => one.valueText!())).toEqual(['b']);
    expect(read(batch, 7)).toEqual([]);
  });

  test('shares one list of no headers, and has those that it was given', () => {
    const headers = [
      { key: 'trace', value: Buffer.from('1') },
      { key: '', value: null },
      { key: 'é'.repeat(40), value: Buffer.alloc(200, 'h') },
    ];
    const [without, also, some] = read(batchOf([record(), record(), record({ headers })]));
    expect(without!.headers).toBe(also!.headers);
    const asText = (list: Headers) =>
      list.map(({ key, value }) => [key, value && Buffer.from(value).toString()]);
    expect(asText(some!.headers)).toEqual(asText(headers));
  });
});

describe('a record whose lengths are wrong is refused', () => {
  /** The body of one record, in a batch whose checksum fits. */
  function batchWith(body: readonly number[], count = 1): Buffer {
    const header = batchOf([record()]).subarray(0, 61);
    const batch = Buffer.concat([header, Buffer.from(body)]);
    batch.writeInt32BE(batch.length - 12, 8);
    batch.writeInt32BE(count - 1, 23);
    batch.writeInt32BE(count, 57);
    writeBatchChecksum(batch, 0, batch.length);
    return batch;
  }
  /** Length 7, attributes, deltas, null key, a value of one byte, no headers. */
  const right = [14, 0, 0, 0, 1, 2, 0x76, 0];

  test('a right one is read', () => {
    expect(read(batchWith(right)).map((one) => [one.key, one.valueText!()])).toEqual([[null, 'v']]);
  });

  test.each([
    ['past the end of the batch', [16, ...right.slice(1)]],
    ['nothing', [0, ...right.slice(1)]],
    ['less than nothing', [1, ...right.slice(1)]],
    ['a value past the record', [14, 0, 0, 0, 1, 4, 0x76, 0]],
    ['a value that leaves bytes over', [14, 0, 0, 0, 1, 0, 0, 0]],
    ['a key past the record', [14, 0, 0, 0, 60, 2, 0x76, 0]],
    ['a header past the record', [14, 0, 0, 0, 1, 1, 2, 60]],
  ])('%s', (_, body) => {
    expect(() => read(batchWith(body))).toThrow(/A record of the batch at offset 0/);
  });

  test('the last of two that reaches into the bytes after the batch', () => {
    expect(() => read(batchWith([...right, 16, ...right.slice(1)], 2))).toThrow(/runs past its end/);
  });
});

describe('a batch is written', () => {
  const header = (batch: Buffer) => ({
    attributes: batch.readInt16BE(21),
    lastDelta: batch.readInt32BE(23),
    base: Number(batch.readBigInt64BE(27)),
    max: Number(batch.readBigInt64BE(35)),
    count: batch.readInt32BE(57),
  });

  test('with the first time and the largest, wherever that stands', () => {
    const times = (...list: number[]) => header(batchOf(list.map((timestamp) => record({ timestamp }))));
    expect(times(5, 9, 7)).toMatchObject({ base: 5, max: 9 });
    expect(times(9, 5, 7)).toMatchObject({ base: 9, max: 9 });
    expect(times(7, 5, 9)).toMatchObject({ base: 7, max: 9 });
  });

  test('with the time of the log where that is given', () => {
    const stamped = header(batchOf([record({ timestamp: 5 }), record({ timestamp: 9 })], { appendTime: 8 }));
    expect(stamped).toMatchObject({ base: 5, max: 8, attributes: 8 });
    expect(header(batchOf([record()])).attributes).toBe(0);
    const found = read(batchOf([record({ timestamp: 5 }), record({ timestamp: 9 })], { appendTime: 8 }));
    expect(found.map(({ timestamp }) => timestamp)).toEqual([8, 8]);
  });

  test('from the middle of a list, into the middle of a buffer', () => {
    const records = ['a', 'b', 'c', 'd', 'e'].map((value) => record({ value }));
    const target = Buffer.alloc(500, 0xcc);
    const written = writeRecords(fixed(target), 100, { records, from: 2, to: 4 }, unlimited);
    const end = finishBatch(target, written, { ...fields, baseOffset: 30 });
    expect(target.subarray(0, 100).every((byte) => byte === 0xcc)).toBe(true);
    const batch = target.subarray(100, end);
    expect(batchSize(target, 100)).toBe(batch.length);
    expect(header(batch)).toMatchObject({ lastDelta: 1, count: 2 });
    const found = read(Buffer.from(batch));
    expect(found.map((one) => one.valueText!())).toEqual(['c', 'd']);
    expect(found.map(({ offset }) => offset)).toEqual([30, 31]);
  });

  /** Texts whose bytes need a longer length than their letters: the body moves, and nothing else does. */
  test('as the same bytes from a text and from its bytes', () => {
    for (const length of [0, 1, 28, 29, 30, 31, 32, 57, 60, 63, 64, 65, 4094, 4096, 8186, 8191, 8192]) {
      for (const letter of ['x', 'é', '😀']) {
        const text = letter.repeat(length);
        const bytes = Buffer.from(text);
        const asText = shapesOf(text);
        const asBytes = shapesOf(bytes);
        const left = writeInto(asText);
        const right = writeInto(asBytes);
        expect(left.equals(right), `${length} of ${letter}`).toBe(true);
      }
    }
  });

  /** Fields of each kind, and times before, near and far after the first one. */
  function shapesOf(field: string | Buffer): ReturnType<typeof record>[] {
    const other = typeof field === 'string' ? 'other' : Buffer.from('other');
    return [
      record({ key: field, value: null }),
      record({ key: null, value: field }),
      record({ key: other, value: field, timestamp: 0 }),
      record({ key: field, value: other, timestamp: 64 }),
      record({ key: field, value: field, timestamp: 65 }),
      record({ key: other, value: other, timestamp: 8192 }),
      record({ key: other, value: other, timestamp: 8193 }),
      record({ key: other, value: other, timestamp: 1 << 31 }),
    ];
  }

  test('as the same bytes from a text and from its bytes, however many there are', () => {
    const count = 10_000;
    const asText = Array.from({ length: count }, () => record());
    const asBytes = asText.map(() => record({ key: Buffer.from('k'), value: Buffer.from('v') }));
    const left = writeInto(asText);
    expect(left.equals(writeInto(asBytes))).toBe(true);
    expect(read(left).map(({ offset }) => offset)).toEqual(asText.map((_, n) => n));
  });

  function writeInto(records: readonly ReturnType<typeof record>[]): Buffer {
    const target = Buffer.alloc(400_000, 0xcc);
    const written = writeRecords(fixed(target), 0, { records, from: 0, to: records.length }, unlimited);
    const end = finishBatch(target, written, fields);
    expect(target.subarray(end).every((byte) => byte === 0xcc)).toBe(true);
    return target.subarray(0, end);
  }

  test('in no more bytes than its records were said to take, and not in far more', () => {
    const headers = [
      { key: 'h'.repeat(200), value: Buffer.alloc(9000) },
      { key: '', value: null },
      { key: 'é', value: Buffer.alloc(0) },
    ];
    const cases = [
      record(),
      record({ key: null, value: null }),
      record({ headers }),
      record({ key: 'é'.repeat(100), value: '😀'.repeat(5000) }),
      record({ key: Buffer.alloc(70), value: Buffer.alloc(9000), timestamp: 8_640_000_000_000_000 }),
    ];
    for (const one of cases) {
      // The second has the largest deltas that there are; the first has none.
      const records = [record({ key: null, value: null, timestamp: 0 }), one];
      const bytes = writeInto(records).length - 61;
      const [least, taken] = records.map(recordBytes);
      expect(bytes).toBeLessThanOrEqual(least! + taken!);
      expect(taken! + 40).toBeGreaterThanOrEqual(bytes - 8);
      expect(taken!).toBeLessThan(bytes + 40);
    }
  });

  test.each(compressions)('with room for what %s makes longer', async (compression) => {
    await loadCodec(compression);
    const own: Partial<BatchFields> = { compression };
    for (const bytes of [0, 1, 100, 5000, 200_000]) {
      const random = Buffer.alloc(bytes);
      for (let at = 0; at < bytes; at++) random[at] = (Math.imul(at + 1, 2654435761) >>> 24) & 0xff;
      const [found] = read(batchOf([record({ value: random })], own));
      expect(Buffer.from(found!.value!).equals(random)).toBe(true);
    }
    expect(compressedBound(0)).toBe(128);
    expect(compressedBound(1600)).toBe(228);
  });

  test('into a buffer of no more than it was told, unless it is compressed', () => {
    // Small buffers come from Node's pool; a large one shows what was asked for.
    const bytes = 1 << 20;
    const room = (own: Partial<BatchFields>) =>
      writeBatch({ records: [record()], from: 0, to: 1, bytes }, { ...fields, ...own }).buffer.byteLength;
    expect(room({})).toBe(61 + bytes);
    expect(room({ compression: 'gzip' })).toBe(61 + bytes + compressedBound(bytes));
  });
});
