import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { allocateBytes, ViewedBytes } from '../src/index.ts';

describe('a view', () => {
  const source = Buffer.from('xabcdefgh').subarray(1);
  const view = new ViewedBytes(source).view(2, 4);

  test('is a Buffer of the bytes at its place', () => {
    expect(Buffer.isBuffer(view)).toBe(true);
    expect(view.constructor).toBe(Buffer);
    expect(view.toString()).toBe('cdef');
    expect(view.readUInt32BE(0)).toBe(0x63646566);
    expect(view.subarray(1, 3).toString('latin1')).toBe('de');
    expect(view).toStrictEqual(Buffer.from('cdef'));
    expect(view.equals(source.subarray(2, 6))).toBe(true);
    expect(structuredClone(view)).toEqual(new Uint8Array(Buffer.from('cdef')));
  });

  test('shares the memory that it is a view of', () => {
    const bytes = Buffer.from('12345678');
    new ViewedBytes(bytes).view(3, 2)[0] = 0x78;
    expect(bytes.toString()).toBe('123x5678');
  });
});

test('bytes are as many as were asked for, and nobody else has them', () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 0, max: 3000 }), { maxLength: 300 }), (lengths) => {
      const all = lengths.map((length, index) => allocateBytes(length).fill(index % 251));
      for (const [index, bytes] of all.entries()) {
        expect(bytes).toHaveLength(lengths[index]!);
        expect(bytes.every((byte) => byte === index % 251)).toBe(true);
      }
    }),
  );
});

test('bytes stay with those who have them when somebody moves theirs to another thread', () => {
  const { port1 } = new MessageChannel();
  const [kept, moved] = [allocateBytes(4).fill(7), allocateBytes(4)];
  // Node 20 copies what cannot be moved, later versions refuse it.
  try {
    port1.postMessage(moved, [moved.buffer as ArrayBuffer]);
  } catch (error) {
    expect(error).toMatchObject({ name: 'DataCloneError' });
  }
  port1.close();
  expect([...kept]).toEqual([7, 7, 7, 7]);
  expect(allocateBytes(4)).toHaveLength(4);
});
