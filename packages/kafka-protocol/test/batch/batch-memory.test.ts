import { expect, test } from 'vitest';
import { GrowingMemory } from '../../src/batch/batch-memory.ts';

test('memory stays where there is room, and doubles with what stands in it where there is none', () => {
  const memory = new GrowingMemory(8);
  const first = memory.bytes;
  first.write('abcdefgh', 'latin1');
  expect(memory.reserve(5, 3)).toBe(first);
  const second = memory.reserve(6, 3);
  expect(second).not.toBe(first);
  expect(second).toBe(memory.bytes);
  expect(second.length).toBe(16);
  expect(second.toString('latin1', 0, 6)).toBe('abcdef');
  expect(memory.reserve(6, 100).length).toBe(106);
});

test('memory for another thread shares nothing with other buffers, however small it is', () => {
  const memory = new GrowingMemory(1, { own: true });
  expect(memory.bytes.buffer.byteLength).toBe(1);
  expect(memory.reserve(1, 4).buffer.byteLength).toBe(5);
});
