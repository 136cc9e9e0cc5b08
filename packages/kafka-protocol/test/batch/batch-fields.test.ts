import { describe, expect, test } from 'vitest';
import {
  controlBatch,
  isTransactionalBatch,
  originOf,
  placeBatch,
  producerIdOf,
  stampBatch,
} from '../../src/batch/batch-fields.ts';
import {
  batchIsIntact,
  batchSize,
  hasWholeBatch,
  nextOffsetOf,
  writeBatchChecksum,
} from '../../src/batch/layout.ts';
import { compressionOf, isControlBatch, readBatch } from '../../src/batch/read-batch.ts';
import { batchOf, behind, limit, record } from './support.ts';

const ids = { producerId: 5_000_000_001, producerEpoch: 7, baseSequence: 11 };

describe('the header of a batch that is not first in its buffer', () => {
  test('says who wrote it', () => {
    for (const transactional of [true, false]) {
      const { source, at } = behind(batchOf([record(), record(), record()], { ...ids, transactional }));
      expect(originOf(source, at)).toEqual({ ...ids, count: 3, isTransactional: transactional });
      expect(producerIdOf(source, at)).toBe(ids.producerId);
      expect(isTransactionalBatch(source, at)).toBe(transactional);
      expect(isControlBatch(source, at)).toBe(false);
    }
  });

  test('takes a place in a partition; the checksum leaves the place out', () => {
    const { source, at } = behind(batchOf([record(), record()], { leaderEpoch: 9 }));
    const around = [source.subarray(0, at).toString('hex'), source.subarray(-40).toString('hex')];
    placeBatch(source, at, 6_000_000_000);
    expect(nextOffsetOf(source, at)).toBe(6_000_000_002);
    expect(source.readInt32BE(at + 12)).toBe(0);
    expect(batchIsIntact(source, at, batchSize(source, at))).toBe(true);
    expect([source.subarray(0, at).toString('hex'), source.subarray(-40).toString('hex')]).toEqual(around);
  });

  test('takes the time of the log, for all records', () => {
    const { source, at } = behind(batchOf([record({ timestamp: 3 }), record({ timestamp: 5 })], ids));
    const size = batchSize(source, at);
    stampBatch(source, at, at + size, 1_700_000_000_000);
    expect(batchIsIntact(source, at, size)).toBe(true);
    expect(originOf(source, at)).toMatchObject(ids);
    const times = (): number[] => readOf(source, at, size).map(({ timestamp }) => timestamp);
    expect(times()).toEqual([1_700_000_000_000, 1_700_000_000_000]);
    stampBatch(source, at, at + size, 1_700_000_000_001);
    expect(times()).toEqual([1_700_000_000_001, 1_700_000_000_001]);
  });

  test('with a compression that there is not is refused', () => {
    const { source, at } = behind(batchOf([record()], { baseOffset: 44 }));
    source.writeInt16BE(6, at + 21);
    expect(() => compressionOf(source, at)).toThrow(/offset 44 has an unknown compression/);
    source.writeInt16BE(2 | 16, at + 21);
    expect(compressionOf(source, at)).toBe('snappy');
  });
});

function readOf(source: Buffer, at: number, size: number, from = 0) {
  const into: Parameters<typeof readBatch>[3]['into'] = [];
  readBatch(source, at, size, { from, into, maxDecompressedBytes: limit });
  return into;
}

describe('the marker that ends a transaction', () => {
  test.each([
    ['abort', 0],
    ['commit', 1],
  ] as const)('%s is a control batch with one record', (outcome, type) => {
    const { source, at } = behind(controlBatch(ids, outcome, 99));
    const size = batchSize(source, at);
    expect(size).toBe(source.length - at - 40);
    expect(batchIsIntact(source, at, size)).toBe(true);
    expect(isControlBatch(source, at)).toBe(true);
    expect(originOf(source, at)).toEqual({ ...ids, baseSequence: -1, count: 1, isTransactional: true });
    const [marker, ...others] = readOf(source, at, size);
    expect(others).toEqual([]);
    expect([...marker!.key!]).toEqual([0, 0, 0, type]);
    expect([...marker!.value!]).toEqual([0, 0, 0, 0, 0, 0]);
    expect(marker!.timestamp).toBe(99);
  });
});

describe('whether a whole batch is there', () => {
  test('is said to the byte', () => {
    const batch = batchOf([record()]);
    const { source, at } = behind(batch);
    const end = at + batch.length;
    expect(hasWholeBatch(source, at)).toBe(true);
    expect(hasWholeBatch(source.subarray(0, end), at)).toBe(true);
    expect(hasWholeBatch(source.subarray(0, end - 1), at)).toBe(false);
    for (const bytes of [0, 1, 11, 12, 60, 61]) {
      expect(hasWholeBatch(source.subarray(0, at + bytes), at), String(bytes)).toBe(false);
    }
  });

  test('a header alone, with no records, is a whole batch; a length below that is none', () => {
    const { source, at } = behind(batchOf([record()]));
    source.writeInt32BE(61 - 12, at + 8);
    expect(hasWholeBatch(source, at)).toBe(true);
    expect(hasWholeBatch(source.subarray(0, at + 61), at)).toBe(true);
    for (const length of [48, 0, -12, -1000]) {
      source.writeInt32BE(length, at + 8);
      expect(hasWholeBatch(source, at), String(length)).toBe(false);
    }
  });

  test('one in another format is not intact, whatever its checksum', () => {
    const batch = batchOf([record()]);
    batch[16] = 1;
    writeBatchChecksum(batch, 0, batch.length);
    expect(batchIsIntact(batch, 0, batch.length)).toBe(false);
    batch[16] = 2;
    writeBatchChecksum(batch, 0, batch.length);
    expect(batchIsIntact(batch, 0, batch.length)).toBe(true);
  });
});
