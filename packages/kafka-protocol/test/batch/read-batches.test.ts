import { describe, expect, test } from 'vitest';
import { controlBatch, placeBatch } from '../../src/batch/batch-fields.ts';
import { writeBatchChecksum } from '../../src/batch/layout.ts';
import { type AbortedTransaction, readBatches } from '../../src/batch/read-batches.ts';
import { batchOf, limit, record } from './support.ts';

/** A batch at an offset: of a transaction, or of a producer without one. */
function at(baseOffset: number, producerId: number, values: string, transactional = true): Buffer {
  const records = Array.from(values, (value) => record({ value }));
  return batchOf(records, { baseOffset, producerId, producerEpoch: 0, baseSequence: 0, transactional });
}

function marker(baseOffset: number, producerId: number, outcome: 'abort' | 'commit'): Buffer {
  const batch = controlBatch({ producerId, producerEpoch: 0 }, outcome, 1);
  placeBatch(batch, 0, baseOffset);
  return batch;
}

async function valuesOf(batches: readonly Buffer[], aborted: readonly AbortedTransaction[] = [], from = 0) {
  const { records, nextOffset } = await readBatches(Buffer.concat(batches), from, aborted, limit);
  return [records.map((one) => one.valueText!()).join(''), nextOffset];
}

describe('of what a fetch brought', () => {
  test('records before the place that was asked for are left out, whole batches and parts', async () => {
    const batches = [at(0, 1, 'abc', false), at(3, 1, 'def', false)];
    expect(await valuesOf(batches, [], 0)).toEqual(['abcdef', 6]);
    expect(await valuesOf(batches, [], 2)).toEqual(['cdef', 6]);
    expect(await valuesOf(batches, [], 3)).toEqual(['def', 6]);
    expect(await valuesOf(batches, [], 5)).toEqual(['f', 6]);
    expect(await valuesOf(batches, [], 6)).toEqual(['', 6]);
    expect(await valuesOf(batches, [], 9)).toEqual(['', 9]);
  });

  test('a batch before the place may be in a compression that is not read', async () => {
    const before = at(0, 1, 'abc', false);
    before.writeInt16BE(6, 21);
    writeBatchChecksum(before, 0, before.length);
    expect(await valuesOf([before, at(3, 1, 'd', false)], [], 3)).toEqual(['d', 4]);
    await expect(valuesOf([before], [], 2)).rejects.toThrow(/unknown compression/);
  });

  test('a batch that ends with the last byte is read; one byte less and it is not', async () => {
    const whole = Buffer.concat([at(0, 1, 'a', false), at(1, 1, 'b', false)]);
    expect(await valuesOf([whole])).toEqual(['ab', 2]);
    expect(await valuesOf([whole.subarray(0, -1)])).toEqual(['a', 1]);
  });

  test('a batch of nothing but a header moves the place on', async () => {
    const hole = at(0, 1, 'a', false).subarray(0, 61);
    hole.writeInt32BE(61 - 12, 8);
    hole.writeInt32BE(9, 23);
    hole.writeInt32BE(0, 57);
    writeBatchChecksum(hole, 0, 61);
    expect(await valuesOf([hole])).toEqual(['', 10]);
    expect(await valuesOf([hole, at(10, 1, 'b', false)])).toEqual(['b', 11]);
  });

  test.each([
    ['a length below a header', 8, 48, /says that it has 60 bytes/],
    ['no length', 8, -12, /says that it has 0 bytes/],
    ['an older format', 16, 0x01ffffff, /message format 1, of Kafka before 0\.11/],
    ['another checksum', 17, 0, /offset 7 does not match its checksum/],
  ] as const)('%s is refused, by its offset', async (_, place, value, message) => {
    const batch = at(7, 1, 'a', false);
    batch.writeInt32BE(value, place);
    const reading = valuesOf([batch]);
    await expect(reading).rejects.toThrow(message);
    await expect(reading).rejects.toMatchObject({ code: 'LOG_CORRUPT' });
  });
});

describe('of transactions', () => {
  test('what the same producer committed before and after an aborted one is read', async () => {
    const batches = [
      at(0, 1, 'a'),
      marker(1, 1, 'commit'),
      at(2, 1, 'xy'),
      at(4, 1, 'z'),
      marker(5, 1, 'abort'),
      at(6, 1, 'b'),
      marker(7, 1, 'commit'),
    ];
    expect(await valuesOf(batches, [{ producerId: 1, firstOffset: 2 }])).toEqual(['ab', 8]);
  });

  test('several aborted transactions are filtered, in any order of the list', async () => {
    const batches = [
      at(0, 1, 'x'),
      at(1, 2, 'a'),
      marker(2, 1, 'abort'),
      marker(3, 2, 'commit'),
      at(4, 1, 'b'),
      at(5, 2, 'y'),
      marker(6, 2, 'abort'),
      marker(7, 1, 'commit'),
      at(8, 2, 'c'),
      marker(9, 2, 'commit'),
    ];
    const aborted = [
      { producerId: 1, firstOffset: 0 },
      { producerId: 2, firstOffset: 5 },
    ];
    expect(await valuesOf(batches, aborted)).toEqual(['abc', 10]);
    expect(await valuesOf(batches, aborted.toReversed())).toEqual(['abc', 10]);
    expect(aborted).toHaveLength(2);
  });

  test('an aborted one begins in the middle of nothing that came before it', async () => {
    const batches = [at(0, 1, 'ab'), at(2, 1, 'x'), marker(3, 1, 'abort')];
    expect(await valuesOf(batches, [{ producerId: 1, firstOffset: 2 }])).toEqual(['ab', 4]);
    expect(await valuesOf(batches, [{ producerId: 1, firstOffset: 0 }])).toEqual(['', 4]);
  });

  test('a commit marker ends no aborted transaction, and records without one are never aborted', async () => {
    const batches = [at(0, 1, 'x'), marker(1, 1, 'commit'), at(2, 1, 'y'), at(3, 1, 'a', false)];
    expect(await valuesOf(batches, [{ producerId: 1, firstOffset: 0 }])).toEqual(['a', 4]);
  });

  test('a control record of another kind ends none either', async () => {
    const other = marker(1, 1, 'abort');
    const shortKey = Buffer.concat([
      other.subarray(0, 61),
      Buffer.from([0x18, 0, 0, 0, 4, 0, 0, 8, 0, 0, 0, 0, 0]),
    ]);
    shortKey.writeInt32BE(shortKey.length - 12, 8);
    const typeTwo = Buffer.from(other);
    typeTwo[61 + 7] = 1;
    const noKey = Buffer.concat([other.subarray(0, 61), Buffer.from([0x0c, 0, 0, 0, 1, 1, 0])]);
    noKey.writeInt32BE(noKey.length - 12, 8);
    const noRecord = Buffer.from(other.subarray(0, 61));
    noRecord.writeInt32BE(61 - 12, 8);
    noRecord.writeInt32BE(0, 57);
    for (const control of [shortKey, typeTwo, noKey, noRecord]) {
      writeBatchChecksum(control, 0, control.length);
      const batches = [at(0, 1, 'x'), control, at(2, 1, 'y'), marker(3, 1, 'abort'), at(4, 1, 'a')];
      expect(await valuesOf(batches, [{ producerId: 1, firstOffset: 0 }])).toEqual(['a', 5]);
    }
  });
});
