import { createRequire } from 'node:module';
import { noHeaders, type ProducerRecord } from '@millrace/log-client';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  type Compression,
  compressions,
  loadCodec,
  compress,
  decompress,
} from '../../src/compression/compression.ts';
import { readBatches } from '../../src/batch/read-batches.ts';
import { writeBatch } from '../../src/batch/write-batch.ts';
import { recordBytes } from '../../src/batch/write-record.ts';

// kafkajs's own encoder and decoder are the second opinion on the format.
const require = createRequire(import.meta.url);
const Decoder = require('kafkajs/src/protocol/decoder');
const decodeBatch = require('kafkajs/src/protocol/recordBatch/v0/decoder');

interface KafkajsRecord {
  readonly offset: string;
  readonly timestamp: string;
  readonly key: Buffer | null;
  readonly value: Buffer | null;
  readonly headers: Record<string, Buffer | Buffer[]>;
}

const bytes = fc.uint8Array({ maxLength: 300 }).map((array) => Buffer.from(array));
const text = fc.string({ maxLength: 60, unit: 'binary' });
const recordArbitrary = fc.record({
  key: fc.oneof(bytes, text, fc.constant(null)),
  value: fc.oneof(bytes, text, fc.constant(null)),
  timestamp: fc.oneof(
    fc.integer({ min: 0, max: 4_000_000_000_000 }),
    fc.constant(0),
    fc.constant(8_640_000_000_000_000),
  ),
  headers: fc.array(fc.record({ key: text, value: fc.oneof(bytes, fc.constant(null)) }), { maxLength: 3 }),
});

function batchOf(records: readonly ProducerRecord[], compression: Compression = 'none'): Buffer {
  const size = records.reduce((sum, record) => sum + recordBytes(record), 0);
  return writeBatch(
    { records, from: 0, to: records.length, bytes: size },
    {
      baseOffset: 0,
      leaderEpoch: -1,
      compression,
      producerId: 4_000_000_000,
      producerEpoch: 3,
      baseSequence: 17,
      transactional: true,
    },
  );
}

const asBuffer = (value: Uint8Array | string | null): Buffer | null =>
  value === null ? null : Buffer.from(value as string);

describe('a record batch', () => {
  test('is what kafkajs reads', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(recordArbitrary, { minLength: 1, maxLength: 20 }), async (records) => {
        const batch = await decodeBatch(new Decoder(batchOf(records)));
        expect(batch.producerId).toBe('4000000000');
        expect(batch.inTransaction).toBe(true);
        const found = batch.records as KafkajsRecord[];
        expect(found.map(({ offset }) => offset)).toEqual(records.map((_, index) => String(index)));
        expect(found.map(({ timestamp }) => timestamp)).toEqual(
          records.map(({ timestamp }) => String(timestamp)),
        );
        expect(found.map(({ key }) => key)).toEqual(records.map(({ key }) => asBuffer(key)));
        expect(found.map(({ value }) => value)).toEqual(records.map(({ value }) => asBuffer(value)));
      }),
      { numRuns: 300 },
    );
  });

  test.each(compressions)('comes back as it was, compressed with %s', async (compression) => {
    await loadCodec(compression);
    await fc.assert(
      fc.asyncProperty(fc.array(recordArbitrary, { minLength: 1, maxLength: 20 }), async (records) => {
        const { records: found, nextOffset } = await readBatches(
          batchOf(records, compression),
          0,
          [],
          1 << 24,
        );
        expect(nextOffset).toBe(records.length);
        expect(found.map(({ key }) => (key === null ? null : Buffer.from(key)))).toEqual(
          records.map(({ key }) => asBuffer(key)),
        );
        expect(found.map((record) => record.valueText?.() ?? null)).toEqual(
          records.map(({ value }) => asBuffer(value)?.toString() ?? null),
        );
        expect(found.map(({ timestamp }) => timestamp)).toEqual(records.map(({ timestamp }) => timestamp));
        expect(
          found.map(({ headers }) =>
            headers.map(({ key, value }) => [key, value === null ? null : Buffer.from(value)]),
          ),
        ).toEqual(records.map(({ headers }) => headers.map(({ key, value }) => [key, value])));
      }),
      { numRuns: 100 },
    );
  });

  test('comes back whole where a length needs another byte, in text and in bytes', async () => {
    for (const bytes of [40, 50, 57, 58, 63, 64, 8180, 8190, 8192, 1 << 14, (1 << 20) - 8, 1 << 20]) {
      for (const letter of ['x', 'é', '€', '😀']) {
        const value = letter.repeat(bytes);
        const records = [
          { key: 'k', value, timestamp: 1, headers: noHeaders },
          { key: null, value: Buffer.from(value), timestamp: 2, headers: noHeaders },
        ];
        const { records: found } = await readBatches(batchOf(records), 0, [], 1 << 24);
        expect(found.map((record) => record.valueText?.() === value)).toEqual([true, true]);
        expect(found.map(({ timestamp }) => timestamp)).toEqual([1, 2]);
      }
    }
  });

  test('that says it is shorter than its header is refused', async () => {
    for (const length of [-1000, -12, 0, 48]) {
      const batch = batchOf([{ key: 'k', value: 'value', timestamp: 1, headers: noHeaders }]);
      batch.writeInt32BE(length, 8);
      await expect(readBatches(batch, 0, [], 1 << 20)).rejects.toMatchObject({ code: 'LOG_CORRUPT' });
    }
  });

  test('that was changed on the way is refused', async () => {
    const batch = batchOf([{ key: 'k', value: 'value', timestamp: 1, headers: noHeaders }]);
    batch[batch.length - 3]! ^= 1;
    await expect(readBatches(batch, 0, [], 1 << 20)).rejects.toMatchObject({ code: 'LOG_CORRUPT' });
  });

  test('that is cut off is left for the next fetch', async () => {
    const record = { key: 'k', value: 'value', timestamp: 1, headers: noHeaders };
    const whole = batchOf([record]);
    const two = Buffer.concat([whole, batchOf([record]).subarray(0, 70)]);
    const { records, nextOffset } = await readBatches(two, 0, [], 1 << 20);
    expect(records).toHaveLength(1);
    expect(nextOffset).toBe(1);
  });
});

describe('decompression', () => {
  const large = Buffer.alloc(1 << 20, 'x');
  test.each(compressions.filter((one) => one !== 'none'))(
    '%s stops at the limit: a small batch must not fill the memory',
    async (compression) => {
      await loadCodec(compression);
      const compressed = Buffer.from(compress(compression, large));
      expect(compressed.length).toBeLessThan(100_000);
      expect(decompress(compression, compressed, 8 << 20).equals(large)).toBe(true);
      expect(() => decompress(compression, compressed, 1000)).toThrow(/more than the 1000 bytes allowed/);
    },
  );

  test.each(compressions.filter((one) => one !== 'none'))(
    '%s of something else is refused',
    async (compression) => {
      await loadCodec(compression);
      expect(() =>
        decompress(compression, Buffer.from('nothing of the kind, whatever it says'), 1 << 20),
      ).toThrow();
    },
  );
});

describe('what transactions leave', () => {
  /** A batch as the broker stores it: with an offset, of a producer, transactional or a marker. */
  function stored(offset: number, producerId: number, value: string, control?: 0 | 1): Buffer {
    const key = control === undefined ? 'k' : Buffer.from([0, 0, 0, control]);
    const record = { key, value, timestamp: 1, headers: noHeaders };
    const batch = writeBatch(
      { records: [record], from: 0, to: 1, bytes: recordBytes(record) },
      {
        baseOffset: 0,
        leaderEpoch: -1,
        compression: 'none',
        producerId,
        producerEpoch: 0,
        baseSequence: 0,
        transactional: true,
      },
    );
    batch.writeBigInt64BE(BigInt(offset), 0);
    if (control !== undefined) {
      batch.writeInt16BE(batch.readInt16BE(21) | 32, 21);
      batch.writeUInt32BE(require('@node-rs/crc32').crc32c(batch.subarray(21)), 17);
    }
    return batch;
  }

  test('aborted records and markers are left out, what the same producer commits later is not', async () => {
    const bytesOf = [
      stored(0, 1, 'aborted'),
      stored(1, 2, 'other'),
      stored(2, 1, '', 0),
      stored(3, 1, 'committed'),
      stored(4, 1, '', 1),
      stored(5, 2, '', 1),
    ];
    const aborted = [{ producerId: 1, firstOffset: 0 }];
    const { records, nextOffset } = await readBatches(Buffer.concat(bytesOf), 0, aborted, 1 << 20);
    expect(records.map((record) => record.valueText?.())).toEqual(['other', 'committed']);
    expect(nextOffset).toBe(6);
  });
});
